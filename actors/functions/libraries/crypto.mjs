// The synchronous part of Node's `crypto` that workflows use: hashes, HMAC, key derivation, random
// values. The algorithms are @noble/hashes; this file gives them Node's shape.
import { hmac } from '@noble/hashes/hmac.js';
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js';
import { Buffer } from 'buffer';

import { getRandomValues, randomUUID } from './random.mjs';

export { getRandomValues, randomUUID };

const algorithms = {
  md5, ripemd160, sha1, sha224, sha256, sha384, sha512,
  'sha3-256': sha3_256, 'sha3-384': sha3_384, 'sha3-512': sha3_512,
};

function algorithm(name) {
  const key = String(name).toLowerCase().replace(/^(?:rsa-)?sha-?(1|224|256|384|512)$/, 'sha$1');
  if (!Object.hasOwn(algorithms, key)) {
    throw new Error(`unknown hash '${name}'; known are ${getHashes().join(', ')}`);
  }
  return algorithms[key];
}

function bytes(data, encoding) {
  if (typeof data === 'string') return Uint8Array.from(Buffer.from(data, encoding));
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError('data must be a string, a Buffer, a typed array or an ArrayBuffer');
}

class Digest {
  #state;
  constructor(state) {
    this.#state = state;
  }
  update(data, encoding) {
    this.#state.update(bytes(data, encoding));
    return this;
  }
  digest(encoding) {
    const digest = Buffer.from(this.#state.digest());
    return encoding === undefined || encoding === 'buffer' ? digest : toText(digest, encoding);
  }
}

/// Buffer of the bundle knows no base64url.
export function toText(buffer, encoding) {
  if (encoding !== 'base64url') return buffer.toString(encoding);
  return buffer.toString('base64').replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export const createHash = (name) => new Digest(algorithm(name).create());
export const createHmac = (name, key) => new Digest(hmac.create(algorithm(name), bytes(key)));
export const hash = (name, data, encoding = 'hex') =>
  createHash(name).update(data).digest(encoding);
export const getHashes = () => Object.keys(algorithms);
export const randomBytes = (size) => Buffer.from(getRandomValues(new Uint8Array(size)));

export function randomInt(low, high) {
  if (high === undefined) [low, high] = [0, low];
  const range = high - low;
  if (!Number.isSafeInteger(range) || range <= 0 || range > 2 ** 48) {
    throw new RangeError('randomInt needs a range of 1 to 2 ** 48');
  }
  const fair = 2 ** 48 - (2 ** 48 % range); // beyond it, low numbers would be likelier
  for (;;) {
    const number = randomBytes(6).readUIntBE(0, 6);
    if (number < fair) return low + (number % range);
  }
}

export function timingSafeEqual(left, right) {
  const [a, b] = [bytes(left), bytes(right)];
  if (a.length !== b.length) throw new RangeError('timingSafeEqual needs equal lengths');
  let difference = 0;
  for (let i = 0; i < a.length; ++i) difference |= a[i] ^ b[i];
  return difference === 0;
}

export const pbkdf2Sync = (password, salt, iterations, length, name) =>
  Buffer.from(
    pbkdf2(algorithm(name), bytes(password), bytes(salt), { c: iterations, dkLen: length }));

export const scryptSync = (password, salt, length, { N = 16384, r = 8, p = 1 } = {}) =>
  Buffer.from(scrypt(bytes(password), bytes(salt), { N, r, p, dkLen: length }));
