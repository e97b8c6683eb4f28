// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2) over BigInt, for RS256 tokens. It is not constant-time: the key
// is the user's own, and nobody else shares the worker process.
import { Buffer } from 'buffer';

import { createHash } from './crypto.mjs';

const prefixes = { // DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1)
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/// Reads one DER element at `at`: its tag, its content's range, and where the next one starts.
function element(der, at) {
  const tag = der[at++];
  let size = der[at++];
  if (size & 0x80) {
    let count = size & 0x7f;
    for (size = 0; count > 0; --count) size = size * 256 + der[at++];
  }
  if (!(at + size <= der.length)) throw new Error('the key is not valid DER');
  return { tag, start: at, end: at + size };
}

function children(der, parent) {
  const found = [];
  for (let at = parent.start; at < parent.end; at = found.at(-1).end) found.push(element(der, at));
  return found;
}

const number = (der, { start, end }) =>
  BigInt('0x' + (der.subarray(start, end).toString('hex') || '0'));

/// PEM to numbers; PKCS #1, PKCS #8 and SubjectPublicKeyInfo.
function readKey(pem) {
  const match = /-----BEGIN ([A-Z ]+)-----([\s\S]+?)-----END/.exec(String(pem));
  if (match === null) throw new Error('the key must be PEM text');
  const [, kind, body] = match;
  let der = Buffer.from(body.replace(/\s/g, ''), 'base64');
  let parts = children(der, element(der, 0));
  if (kind === 'PRIVATE KEY' || kind === 'PUBLIC KEY') {
    const inner = kind === 'PRIVATE KEY' ? parts[2] : parts[1];
    const skip = kind === 'PRIVATE KEY' ? 0 : 1; // a bit string begins with its unused bits
    der = der.subarray(inner.start + skip, inner.end);
    parts = children(der, element(der, 0));
  } else if (kind !== 'RSA PRIVATE KEY' && kind !== 'RSA PUBLIC KEY') {
    throw new Error(`keys of kind '${kind}' are not supported`);
  }
  const numbers = parts.map((part) => number(der, part));
  if (kind.endsWith('PUBLIC KEY')) return { n: numbers[0], e: numbers[1] };
  const [, n, e, d, p, q, dp, dq, qInverse] = numbers;
  return { n, e, d, p, q, dp, dq, qInverse };
}

function power(base, exponent, modulus) {
  let result = 1n;
  base %= modulus;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

function encoded(hashName, data, size) {
  const digest = prefixes[hashName] + createHash(hashName).update(data).digest('hex');
  const padding = size - digest.length / 2 - 3;
  if (padding < 8) throw new Error('the key is too short for this hash');
  return BigInt('0x0001' + 'ff'.repeat(padding) + '00' + digest);
}

const byteSize = (n) => Math.ceil(n.toString(16).length / 2);

export function sign(hashName, data, pem) {
  const key = readKey(pem);
  if (key.d === undefined) throw new Error('signing needs a private key');
  const size = byteSize(key.n);
  const message = encoded(hashName, data, size);
  // Chinese remainders: two powers of half the size.
  const mp = power(message, key.dp, key.p);
  const mq = power(message, key.dq, key.q);
  const h = (((mp - mq) * key.qInverse) % key.p + key.p) % key.p;
  const signature = mq + h * key.q;
  return Buffer.from(signature.toString(16).padStart(size * 2, '0'), 'hex');
}

export function verify(hashName, data, pem, signature) {
  const key = readKey(pem);
  const size = byteSize(key.n);
  if (signature.length !== size) return false;
  const opened = power(BigInt('0x' + signature.toString('hex')), key.e, key.n);
  return opened === encoded(hashName, data, size);
}
