// setTimeout and its kin, driven by the worker: it asks for the wait, sleeps, and fires. Timers
// belong to one call; the worker clears them when the call has its answer.
const { monotonic } = globalThis.__host;

let lastId = 0;
let queue = []; // latest first, so that the next one is popped from the end
const byId = new Map();

function insert(timer) {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // Of two that are due together, the older stands nearer to the end.
    if (queue[middle].due > timer.due) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, timer);
}

function start(callback, delay, values, repeats) {
  if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
  const wait = Math.min(Math.max(Number(delay) || 0, 1), 2 ** 31 - 1);
  const timer = { id: ++lastId, due: monotonic() + wait, wait, callback, values, repeats };
  byId.set(timer.id, timer);
  insert(timer);
  return timer.id;
}

function stop(id) {
  const timer = byId.get(id);
  if (timer === undefined) return;
  byId.delete(id);
  const at = queue.indexOf(timer);
  if (at >= 0) queue.splice(at, 1);
}

Object.assign(globalThis, {
  setTimeout: (callback, delay, ...values) => start(callback, delay, values, false),
  setInterval: (callback, delay, ...values) => start(callback, delay, values, true),
  setImmediate: (callback, ...values) => start(callback, 0, values, false),
  clearTimeout: stop,
  clearInterval: stop,
  clearImmediate: stop,
  queueMicrotask: (callback) => void Promise.resolve().then(callback),
});

export const timers = {
  /// Milliseconds until the next timer is due, 0 when it is; -1 when there is none.
  nextTimer() {
    if (queue.length === 0) return -1;
    return Math.max(0, queue[queue.length - 1].due - monotonic());
  },
  fireTimer() {
    const timer = queue.pop();
    if (timer === undefined) return;
    if (timer.repeats) {
      timer.due = monotonic() + timer.wait;
      insert(timer);
    } else {
      byId.delete(timer.id);
    }
    timer.callback(...timer.values);
  },
  clearTimers() {
    if (byId.size === 0) return;
    queue = [];
    byId.clear();
  },
};
