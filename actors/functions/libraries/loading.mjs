// What differs only while the snapshot is made, and is put back before it is taken.
//
// WeakMap, WeakSet: V8 10.2 can crash when its marker meets a WeakMap that came from the snapshot
// and is only half read. Libraries that make one at load get a Map instead.
// Object.hasOwn: V8 adds the newest built-ins when a context leaves the snapshot, not before.
const { WeakMap: NativeWeakMap, WeakSet: NativeWeakSet } = globalThis;
const hasOwnIsMissing = Object.hasOwn === undefined;

globalThis.WeakMap = class WeakMap extends Map {};
globalThis.WeakSet = class WeakSet extends Set {};
if (hasOwnIsMissing) Object.hasOwn = Function.prototype.call.bind(Object.prototype.hasOwnProperty);

export function finishLoading() {
  globalThis.WeakMap = NativeWeakMap;
  globalThis.WeakSet = NativeWeakSet;
  if (hasOwnIsMissing) delete Object.hasOwn;
}
