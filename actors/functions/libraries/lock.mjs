// Freezes what a call could change for later calls of the same function version. Prototypes are
// left open on purpose: with a frozen `Error.prototype`, the everyday `error.name = 'X'` throws in
// strict mode. Isolation between functions does not rest on this file; it rests on separate
// contexts and processes.
const open = new Set(['Infinity', 'NaN', 'undefined', 'globalThis']);

export function lock(libraries) {
  for (const library of Object.values(libraries)) Object.freeze(library);
  Object.freeze(libraries);
  for (const name of Reflect.ownKeys(globalThis)) {
    if (open.has(name)) continue;
    const value = globalThis[name];
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (isObject) Object.freeze(value);
    Object.defineProperty(globalThis, name, { writable: false, configurable: false });
  }
  Object.preventExtensions(globalThis);
}
