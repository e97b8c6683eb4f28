// console.*: each call is one line for the step's log. The worker counts and cuts, not this file.
const { write } = globalThis.__host;

function text(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack || String(value);
  if (typeof value === 'object' && value !== null) {
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  if (typeof value === 'bigint') return `${value}n`;
  return String(value);
}

function line(values) {
  const [first, ...rest] = values;
  if (typeof first !== 'string' || rest.length === 0) return values.map(text).join(' ');
  let used = 0;
  const filled = first.replace(/%[sdifjoOc%]/g, (mark) => {
    if (mark === '%%') return '%';
    if (used === rest.length) return mark;
    const value = rest[used++];
    if (mark === '%c') return '';
    if (mark === '%d' || mark === '%f') return String(Number(value));
    if (mark === '%i') return String(Math.trunc(Number(value)));
    return text(value);
  });
  return [filled, ...rest.slice(used).map(text)].join(' ');
}

const levels = ['log', 'info', 'warn', 'error', 'debug'];
const console = {};
for (const [number, level] of levels.entries()) {
  console[level] = (...values) => void write(number, line(values));
}
console.dir = (value) => console.log(value);
console.table = console.dir;
console.trace = console.debug;
console.group = console.log;
console.groupEnd = () => {};
console.assert = (condition, ...values) => {
  if (!condition) console.error('Assertion failed', ...values);
};

globalThis.console = console;
