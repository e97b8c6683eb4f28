// What JSON has for values that the language itself writes as `{}`, losing all they hold: an error
// caught and returned, a Map, a Set. They can be overridden, as any toJSON.
function define(type, toJSON) {
  Object.defineProperty(type.prototype, 'toJSON', { value: toJSON, writable: true, configurable: true });
}

define(Error, function toJSON() {
  // Errors of libraries hold more (`code`, `path`), which is as good to know.
  const told = { name: this.name, message: this.message, ...this };
  if (this.cause !== undefined) told.cause = this.cause;
  if (this.errors !== undefined) told.errors = this.errors;
  return told;
});

/// An object if the keys are texts, else pairs.
define(Map, function toJSON() {
  const pairs = [...this];
  return pairs.every(([key]) => typeof key === 'string') ? Object.fromEntries(pairs) : pairs;
});

define(Set, function toJSON() {
  return [...this];
});
