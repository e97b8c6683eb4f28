// JSON Web Tokens (RFC 7519) with the call shapes of the `jsonwebtoken` package, which itself needs
// Node's native crypto. HS256/384/512 and RS256/384/512.
import { Buffer } from 'buffer';

import { createHmac, timingSafeEqual, toText } from './crypto.mjs';
import * as rsa from './rsa.mjs';

const encode = (data) => toText(Buffer.from(data), 'base64url');
const decodePart = (text) => Buffer.from(text.replace(/-/g, '+').replace(/_/g, '/'), 'base64');
const now = () => Math.floor(Date.now() / 1000);

export class JsonWebTokenError extends Error {
  name = 'JsonWebTokenError';
}
export class TokenExpiredError extends JsonWebTokenError {
  name = 'TokenExpiredError';
}
export class NotBeforeError extends JsonWebTokenError {
  name = 'NotBeforeError';
}

const isPem = (key) => /-----BEGIN/.test(String(key));

function parts(algorithm) {
  const match = /^(HS|RS)(256|384|512)$/.exec(algorithm);
  if (match === null) throw new JsonWebTokenError(`unsupported algorithm '${algorithm}'`);
  return { kind: match[1], hashName: 'sha' + match[2] };
}

function signature(algorithm, data, key) {
  const { kind, hashName } = parts(algorithm);
  if (kind === 'RS') return rsa.sign(hashName, data, key);
  return createHmac(hashName, key).update(data).digest();
}

function hasGoodSignature(algorithm, data, key, given) {
  const { kind, hashName } = parts(algorithm);
  if (kind === 'RS') return rsa.verify(hashName, data, key, given);
  const expected = createHmac(hashName, key).update(data).digest();
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function seconds(span) {
  if (typeof span === 'number') return span;
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)?\w*\s*$/.exec(String(span));
  if (match === null) throw new JsonWebTokenError(`'${span}' is not a time span`);
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31557600 };
  return Math.floor(Number(match[1]) * unit[match[2] ?? 'ms']);
}

const claims = { audience: 'aud', issuer: 'iss', subject: 'sub', jwtid: 'jti' };

export function sign(payload, key, options = {}) {
  if (key === undefined || key === null || key === '') {
    throw new JsonWebTokenError('secretOrPrivateKey must have a value');
  }
  const algorithm = options.algorithm ?? 'HS256';
  const header = { alg: algorithm, typ: 'JWT', ...options.header };
  if (options.keyid !== undefined) header.kid = options.keyid;
  let body = payload;
  if (typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload)) {
    const claim = { ...payload };
    const issued = claim.iat ?? now();
    if (!options.noTimestamp) claim.iat = issued;
    if (options.expiresIn !== undefined) claim.exp = issued + seconds(options.expiresIn);
    if (options.notBefore !== undefined) claim.nbf = issued + seconds(options.notBefore);
    for (const [option, name] of Object.entries(claims)) {
      if (options[option] !== undefined) claim[name] = options[option];
    }
    body = JSON.stringify(claim);
  }
  const data = `${encode(JSON.stringify(header))}.${encode(body)}`;
  return `${data}.${encode(signature(algorithm, data, key))}`;
}

export function decode(token, options = {}) {
  const [head, body, mark, ...more] = String(token).split('.');
  if (mark === undefined || more.length > 0) return null;
  try {
    const header = JSON.parse(decodePart(head).toString());
    let payload = decodePart(body).toString();
    try {
      payload = JSON.parse(payload);
    } catch {
      // A payload may be any text.
    }
    return options.complete ? { header, payload, signature: mark } : payload;
  } catch {
    return null;
  }
}

function expectClaim(payload, name, wanted) {
  if (wanted === undefined) return;
  const given = [].concat(payload[name] ?? []);
  const matches = [].concat(wanted).some((want) =>
    given.some((value) => (want instanceof RegExp ? want.test(value) : want === value)));
  if (!matches) throw new JsonWebTokenError(`jwt ${name} invalid`);
}

function expectTimes(payload, options) {
  const time = options.clockTimestamp ?? now();
  const tolerance = options.clockTolerance ?? 0;
  if (!options.ignoreNotBefore && payload.nbf > time + tolerance) {
    throw new NotBeforeError('jwt not active');
  }
  if (!options.ignoreExpiration && time >= payload.exp + tolerance) {
    throw new TokenExpiredError('jwt expired');
  }
}

export function verify(token, key, options = {}) {
  const whole = decode(token, { complete: true });
  if (whole === null) throw new JsonWebTokenError('jwt malformed');
  // The key decides which algorithms may be meant, never the token: a public key must not be taken
  // for an HMAC secret.
  const allowed = options.algorithms ??
    (isPem(key) ? ['RS256', 'RS384', 'RS512'] : ['HS256', 'HS384', 'HS512']);
  const { header, payload } = whole;
  if (!allowed.includes(header.alg)) throw new JsonWebTokenError('invalid algorithm');
  const data = token.slice(0, token.lastIndexOf('.'));
  if (!hasGoodSignature(header.alg, data, key, decodePart(whole.signature))) {
    throw new JsonWebTokenError('invalid signature');
  }
  if (typeof payload === 'object' && payload !== null) {
    expectTimes(payload, options);
    for (const [option, name] of Object.entries(claims)) {
      expectClaim(payload, name, options[option]);
    }
  }
  return options.complete ? whole : payload;
}
