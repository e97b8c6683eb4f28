// Providers sign deliveries with an implementation that is not ours, Node's `crypto`, each in its own way; what the
// server makes of right ones, of changed ones, of old ones and of repeated ones is said line by line:
//
//   node drive.mjs ORIGIN PUBLIC-URL PROJECT API-KEY TOKEN
//
// One line for each provider, "ok NAME CHANGED", where CHANGED is how many deliveries with one bit turned around were
// refused; ends with 1 at the first that is not answered as docs/triggers.md says.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import http from "node:http";

const [origin, publicUrl, project, apiKey, token] = process.argv.slice(2);

// --- the providers ----------------------------------------------------------------------------------------------

const hmac = (algorithm, key, text, encoding) => crypto.createHmac(algorithm, key).update(text).digest(encoding);
const joined = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const seconds = (at) => String(Math.floor(at / 1000));
const base64url = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");

const key = "k3y-of-the-provider";
const keyAsBase64 = Buffer.from(key).toString("base64");
const secret = "{{secrets.KEY}}";
const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherRsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const curve = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });

const published = http.createServer((_, response) => {
  const jwk = (pair, kid, alg) => ({ ...pair.publicKey.export({ format: "jwk" }), kid, alg, use: "sig" });
  response.end(JSON.stringify({ keys: [jwk(rsa, "r", "RS256"), jwk(curve, "c", "ES256")] }));
});
await new Promise((resolve) => published.listen(0, "127.0.0.1", resolve));
const jwks = `http://127.0.0.1:${published.address().port}/keys`;

const signers = {
  HS256: (text) => crypto.createHmac("sha256", key).update(text).digest("base64url"),
  RS256: (text, pair = rsa) => crypto.sign("sha256", Buffer.from(text), pair.privateKey).toString("base64url"),
  ES256: (text) =>
    crypto.sign("sha256", Buffer.from(text), { key: curve.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url"),
};
function jsonWebToken(alg, claims, { kid, sign = signers[alg] } = {}) {
  const text = `${base64url({ alg, typ: "JWT", ...(kid && { kid }) })}.${base64url(claims)}`;
  return `${text}.${sign(text)}`;
}
// Clocks may differ by five minutes, so one of these is taken for 400 seconds.
const claimsAt = (at) => ({ iss: "them", aud: "us", iat: Math.floor(at / 1000), exp: Math.floor(at / 1000) + 100 });

/// `sign` gives the headers of a delivery: `at` is in milliseconds, `body` bytes, `url` as the provider knows it.
/// `signed`: what proves it, whose every character counts. `ages`: how many seconds old it may be.
/// `isUnsigned`: the proof says nothing of the body. `wrong`: proofs that are refused, for whatever else there is.
const providers = [
  {
    name: "stripe",
    verify: { type: "signature", header: "Stripe-Signature", format: "t={timestamp},v1={signature}", signed: "{timestamp}.{body}", secret, timestamp: { tolerance: "2m" } },
    sign: ({ at, body }) => ({ "Stripe-Signature": `t=${seconds(at)},v1=${hmac("sha256", key, joined(seconds(at), ".", body), "hex")}` }),
    ages: 120,
    right: ({ at, body }) => {
      const made = hmac("sha256", key, joined(seconds(at), ".", body), "hex");
      return [
        // While a secret is exchanged there are two, in any order, and test signatures of another scheme.
        { "Stripe-Signature": `t=${seconds(at)},v1=${"0".repeat(64)},v1=${made},v0=${"1".repeat(64)}` },
        { "Stripe-Signature": `t=${seconds(at)},v1=${made},v1=${"0".repeat(64)}` },
        { "Stripe-Signature": `t=${seconds(at)},v1=${made.toUpperCase()}` },
      ];
    },
    wrong: ({ at, body }) => {
      const made = hmac("sha256", key, joined(seconds(at), ".", body), "hex");
      return [
        { "Stripe-Signature": `t=${seconds(at)},v0=${made}` },
        { "Stripe-Signature": `t=${seconds(at)}` },
        { "Stripe-Signature": `v1=${made}` },
        { "Stripe-Signature": `t=${seconds(at)},v1=${made.slice(0, 32)}` },
        { "Stripe-Signature": `t=${seconds(at)},v1=` },
        { "Stripe-Signature": `t=${seconds(at)},t=${seconds(at - 1000)},v1=${hmac("sha256", key, joined(seconds(at - 1000), ".", body), "hex")}` },
        { "Stripe-Signature": `t=${seconds(at)},v1=${hmac("sha256", key + "x", joined(seconds(at), ".", body), "hex")}` },
      ];
    },
  },
  {
    name: "slack",
    verify: { type: "signature", header: "X-Slack-Signature", format: "v0={signature}", signed: "v0:{timestamp}:{body}", secret, timestamp: { header: "X-Slack-Request-Timestamp" } },
    sign: ({ at, body }) => ({
      "X-Slack-Signature": `v0=${hmac("sha256", key, joined(`v0:${seconds(at)}:`, body), "hex")}`,
      "X-Slack-Request-Timestamp": seconds(at),
    }),
    ages: 300,
  },
  {
    name: "github",
    verify: { type: "hmac", algorithm: "sha256", header: "X-Hub-Signature-256", prefix: "sha256=", secret },
    deliveryId: "headers.X-GitHub-Delivery",
    sign: ({ body }) => ({ "X-Hub-Signature-256": `sha256=${hmac("sha256", key, body, "hex")}` }),
    more: (id) => ({ "X-GitHub-Delivery": id }),
    wrong: ({ body }) => [
      { "X-Hub-Signature-256": `sha1=${hmac("sha1", key, body, "hex")}` },
      { "X-Hub-Signature": `sha1=${hmac("sha1", key, body, "hex")}` },
      { "X-Hub-Signature-256": hmac("sha256", key, body, "hex") },
    ],
  },
  {
    name: "intercom",
    verify: { type: "hmac", algorithm: "sha1", header: "X-Hub-Signature", prefix: "sha1=", secret },
    sign: ({ body }) => ({ "X-Hub-Signature": `sha1=${hmac("sha1", key, body, "hex")}` }),
  },
  {
    name: "paystack",
    verify: { type: "hmac", algorithm: "sha512", header: "x-paystack-signature", secret },
    sign: ({ body }) => ({ "x-paystack-signature": hmac("sha512", key, body, "hex") }),
  },
  {
    name: "shopify",
    verify: { type: "hmac", header: "X-Shopify-Hmac-Sha256", encoding: "base64", secret },
    deliveryId: "headers.X-Shopify-Webhook-Id",
    sign: ({ body }) => ({ "X-Shopify-Hmac-Sha256": hmac("sha256", key, body, "base64") }),
    more: (id) => ({ "X-Shopify-Webhook-Id": id }),
  },
  {
    name: "airtable",
    verify: { type: "signature", header: "X-Airtable-Content-MAC", format: "hmac-sha256={signature}", signed: "{body}", secret: "{{secrets.KEY_AS_BASE64}}", secretEncoding: "base64" },
    sign: ({ body }) => ({ "X-Airtable-Content-MAC": `hmac-sha256=${hmac("sha256", Buffer.from(keyAsBase64, "base64"), body, "hex")}` }),
  },
  {
    name: "hubspot",
    events: "body[*]",
    deliveryId: "event.id",
    route: "event.account",
    body: (id) => JSON.stringify([{ account: "a1", id, type: "contact.creation" }]),
    verify: { type: "signature", header: "X-HubSpot-Signature-v3", encoding: "base64", format: "{signature}", signed: "{method}{url}{body}{timestamp}", secret, timestamp: { header: "X-HubSpot-Request-Timestamp", unit: "ms" } },
    sign: ({ at, url, body }) => ({
      "X-HubSpot-Signature-v3": hmac("sha256", key, joined("POST", url, body, String(at)), "base64"),
      "X-HubSpot-Request-Timestamp": String(at),
    }),
    ages: 300,
    query: "?portal=7&x=a%20b",
  },
  {
    name: "standard webhooks",
    verify: { type: "signature", header: "webhook-signature", encoding: "base64", format: "v1,{signature}", signed: "{header:webhook-id}.{timestamp}.{body}", secret: "{{secrets.KEY_AS_BASE64}}", secretEncoding: "base64", timestamp: { header: "webhook-timestamp" } },
    deliveryId: "headers.webhook-id",
    sign: ({ at, body, id }) => ({
      "webhook-id": id,
      "webhook-timestamp": seconds(at),
      "webhook-signature": `v1,${hmac("sha256", key, joined(`${id}.${seconds(at)}.`, body), "base64")}`,
    }),
    ages: 300,
    right: ({ at, body, id }) => [
      {
        "webhook-id": id,
        "webhook-timestamp": seconds(at),
        "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")} v1,${hmac("sha256", key, joined(`${id}.${seconds(at)}.`, body), "base64")} v1a,AAAA`,
      },
    ],
  },
  {
    name: "zendesk",
    verify: { type: "signature", header: "X-Zendesk-Webhook-Signature", encoding: "base64", format: "{signature}", signed: "{header:X-Zendesk-Webhook-Signature-Timestamp}{body}", secret },
    sign: ({ at, body }) => {
      const time = new Date(at).toISOString();
      return {
        "X-Zendesk-Webhook-Signature": hmac("sha256", key, joined(time, body), "base64"),
        "X-Zendesk-Webhook-Signature-Timestamp": time,
      };
    },
  },
  {
    // The fields of the form in their order behind the URL: no template says that, so code does.
    name: "twilio",
    contentType: "application/x-www-form-urlencoded",
    deliveryId: "body.id",
    body: (id) => `account=a1&id=${id}&Text=Hello+World&AccountSid=AC7`,
    verify: {
      type: "code",
      secrets: { key: secret },
      code: `({ headers, url, rawBody, secrets }, { crypto }) => {
        const fields = rawBody.split('&').map((field) => field.split('=').map((part) => decodeURIComponent(part.replace(/\\+/g, ' '))));
        const text = url + fields.sort().map(([name, value]) => name + value).join('');
        const made = crypto.createHmac('sha1', secrets.key).update(text).digest('base64');
        return { status: made === headers['x-twilio-signature'] ? 200 : 401 };
      }`,
    },
    sign: ({ url, body }) => {
      const text = [...new URLSearchParams(String(body))].sort().map(([name, value]) => name + value).join("");
      return { "X-Twilio-Signature": hmac("sha1", key, joined(url, text), "base64") };
    },
    query: "?who=twilio",
  },
  {
    name: "jira",
    verify: { type: "jwt", secret, issuer: "them" },
    sign: ({ at }) => ({ Authorization: `JWT ${jsonWebToken("HS256", claimsAt(at))}` }),
    isUnsigned: true,
    ages: 160,
    right: ({ at }) => [{ Authorization: `Bearer ${jsonWebToken("HS256", { iss: "them", iat: Math.floor(at / 1000) - 250 })}` }],
    wrong: ({ at }) => [
      { Authorization: `JWT ${jsonWebToken("HS256", { iss: "them", iat: Math.floor(at / 1000) - 350 })}` },
      { Authorization: `JWT ${jsonWebToken("HS256", { iss: "them" })}` },
      { Authorization: `JWT ${jsonWebToken("HS256", { ...claimsAt(at), iss: "others" })}` },
      { Authorization: `JWT ${jsonWebToken("none", claimsAt(at), { sign: () => "" })}` },
      { Authorization: `JWT ${jsonWebToken("RS256", claimsAt(at), { kid: "r" })}` },
    ],
  },
  {
    name: "published rsa",
    verify: { type: "jwt", jwks, audience: "us" },
    sign: ({ at }) => ({ Authorization: `Bearer ${jsonWebToken("RS256", claimsAt(at), { kid: "r" })}` }),
    isUnsigned: true,
    ages: 160,
    wrong: ({ at }) => [
      { Authorization: `Bearer ${jsonWebToken("RS256", { ...claimsAt(at), aud: "others" }, { kid: "r" })}` },
      { Authorization: `Bearer ${jsonWebToken("RS256", claimsAt(at), { kid: "r", sign: (text) => signers.RS256(text, otherRsa) })}` },
      { Authorization: `Bearer ${jsonWebToken("RS256", claimsAt(at), { kid: "c" })}` },
      { Authorization: `Bearer ${jsonWebToken("none", claimsAt(at), { kid: "r", sign: () => "" })}` },
      // The public key as if it were a shared secret.
      ...["pem", "der"].map((format) => {
        const shared = rsa.publicKey.export({ type: "spki", format });
        const sign = (text) => crypto.createHmac("sha256", shared).update(text).digest("base64url");
        return { Authorization: `Bearer ${jsonWebToken("HS256", claimsAt(at), { kid: "r", sign })}` };
      }),
    ],
  },
  {
    name: "published curve",
    verify: { type: "jwt", jwks, issuer: "them" },
    sign: ({ at }) => ({ Authorization: `Bearer ${jsonWebToken("ES256", claimsAt(at), { kid: "c" })}` }),
    isUnsigned: true,
    ages: 160,
    wrong: ({ at }) => [
      // As OpenSSL writes it, not as tokens have it.
      { Authorization: `Bearer ${jsonWebToken("ES256", claimsAt(at), { kid: "c", sign: (text) => crypto.sign("sha256", Buffer.from(text), curve.privateKey).toString("base64url") })}` },
      { Authorization: `Bearer ${jsonWebToken("ES256", claimsAt(at), { kid: "c", sign: () => Buffer.alloc(64).toString("base64url") })}` },
    ],
  },
  {
    name: "pipedrive",
    verify: { type: "basic", username: "us", password: secret },
    sign: () => ({ Authorization: `Basic ${Buffer.from(`us:${key}`).toString("base64")}` }),
    isUnsigned: true,
  },
  {
    name: "google",
    verify: { type: "value", in: "headers.x-goog-channel-token", secret },
    sign: () => ({ "X-Goog-Channel-Token": key }),
    isUnsigned: true,
  },
];

// --- the server -------------------------------------------------------------------------------------------------

async function call(method, path, bearer, body) {
  const answer = await fetch(`${origin}/projects/${project}${path}`, {
    method,
    headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/// An integration of its own, an account of it, and a workflow on its webhook; the path of its URL.
async function setUp(provider, type) {
  const { verify, events, deliveryId = "body.id", route = "body.account" } = provider;
  await call("PUT", `/integrations/${type}`, apiKey, {
    baseUrl: "https://provider.example",
    auth: { type: "bearer" },
    webhooks: { hook: { scope: "app", route, deliveryId, verify, ...(events && { events }) } },
  });
  await call("PUT", `/workflows/${type}`, apiKey, {
    integration: type,
    defaultEnabled: true,
    trigger: { type: "webhook", webhook: "hook" },
    steps: [{ id: "f", type: "function", code: "() => 1" }],
  });
  await call("POST", `/workflows/${type}/deploy`, apiKey);
  await call("POST", `/sdk/integrations/${type}/connect`, token, { credentials: { token: "t" }, providerId: "a1" });
  const { url } = (await call("GET", `/integrations/${type}`, apiKey)).webhooks.hook;
  assert.ok(url.startsWith(`${publicUrl}/hooks/`), url);
  return url.slice(publicUrl.length);
}

async function deliver(provider, delivery, headers) {
  const answer = await fetch(origin + delivery.path, {
    method: "POST",
    headers: { "Content-Type": provider.contentType ?? "application/json", ...provider.more?.(delivery.id), ...headers },
    body: delivery.body,
  });
  const text = await answer.text();
  return { status: answer.status, text, ids: answer.status === 200 ? JSON.parse(text).executionIds : [] };
}

// --- what is changed --------------------------------------------------------------------------------------------

/// The bytes with one bit of one byte turned around; `fits` says which bytes may come of it.
function turned(bytes, index, fits) {
  for (let bit = 0; bit < 8; ++bit) {
    const changed = Buffer.from(bytes);
    changed[index] ^= 1 << (index + bit) % 8;
    if (fits(changed[index])) return changed;
  }
  return undefined;
}

/// Texts that mean the same: digits of either case, and the bits of the last letter that stand for nothing.
function meansTheSame(one, other) {
  const plain = (text) => {
    const at = Math.max(...[" ", "=", ","].map((mark) => text.replace(/=+$/, "").lastIndexOf(mark)));
    const parts = text.slice(at + 1).split(".");
    const last = parts.pop();
    return text.slice(0, at + 1) + parts.join(".") + Buffer.from(last, "base64").toString("hex");
  };
  return one.toLowerCase() === other.toLowerCase() || plain(one) === plain(other);
}

function* changedDeliveries(provider, delivery, headers) {
  for (let index = 0; index < delivery.body.length && !provider.isUnsigned; ++index) {
    yield [{ ...delivery, body: turned(delivery.body, index, () => true) }, headers];
  }
  for (const [name, value] of Object.entries(headers)) {
    for (let index = 0; index < value.length; ++index) {
      const changed = turned(Buffer.from(value), index, (byte) => byte > 0x20 && byte < 0x7f)?.toString();
      if (changed !== undefined && !meansTheSame(value, changed)) yield [delivery, { ...headers, [name]: changed }];
    }
    yield [delivery, Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name))];
  }
}

/// How many of them there are. Some damage a body's own form, which is found before it is verified.
async function areRefused(provider, delivery, headers) {
  let count = 0;
  const changes = changedDeliveries(provider, delivery, headers);
  const work = async () => {
    for (const [other, otherHeaders] of changes) {
      const { status, text } = await deliver(provider, other, otherHeaders);
      const isRefused = status === 401 || (status === 400 && other.body !== delivery.body);
      assert.ok(isRefused, `${status} ${text}: ${other.body} ${JSON.stringify(otherHeaders)}`);
      ++count;
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return count;
}

async function tryOut(provider, type) {
  const path = (await setUp(provider, type)) + (provider.query ?? "");
  const url = publicUrl + path;
  let number = 0;
  const starting = [];
  const delivery = (at = Date.now()) => {
    const id = `${type}-${++number}`;
    const body = Buffer.from(provider.body?.(id) ?? JSON.stringify({ account: "a1", id, text: "Grüße, \u0001 {}" }));
    return { id, at, body, path, url };
  };
  const accepted = async (own, headers) => {
    const answer = await deliver(provider, own, headers);
    assert.equal(answer.ids.length, 1, `${answer.status} ${answer.text}`);
    starting.push(answer.ids[0]);
    return answer.ids;
  };
  const refused = async (own, headers, why) => {
    const answer = await deliver(provider, own, headers);
    assert.equal(answer.status, 401, `${why}: ${answer.status} ${answer.text} ${JSON.stringify(headers)}`);
  };

  const first = delivery();
  const proof = provider.sign(first);
  // Nothing that is refused takes the id of the delivery.
  const changed = await areRefused(provider, first, proof);
  const ids = await accepted(first, proof);
  assert.deepEqual((await deliver(provider, first, proof)).ids, ids, "a repeat has the same runs");
  await refused(first, {}, "a repeat without a proof");
  if (provider.query && !provider.isUnsigned) {
    await refused({ ...first, path: path.replace(provider.query, "?x=1") }, proof, "another query");
  }
  for (const [index] of (provider.right?.(first) ?? []).entries()) {
    const own = delivery();
    await accepted(own, provider.right(own)[index]);
  }
  for (const headers of provider.wrong?.(first) ?? []) await refused(first, headers, "a wrong proof");
  if (provider.ages) {
    const young = delivery(Date.now() - (provider.ages - 30) * 1000);
    await accepted(young, provider.sign(young));
    const old = delivery(Date.now() - (provider.ages + 10) * 1000);
    await refused(old, provider.sign(old), "an old one");
    const early = delivery(Date.now() + (provider.ages + 30) * 1000);
    await refused(early, provider.sign(early), "one of the future");
  }
  const { total } = await call("GET", `/task-history/workflow-executions?workflowId=${type}`, apiKey);
  assert.equal(total, starting.length, "runs");
  console.log("ok", provider.name, changed);
}

await call("PUT", "/secrets/KEY", apiKey, { value: key });
await call("PUT", "/secrets/KEY_AS_BASE64", apiKey, { value: keyAsBase64 });
for (const [index, provider] of providers.entries()) {
  try {
    await tryOut(provider, `p${index}`);
  } catch (error) {
    console.log("failed", provider.name, error?.stack ?? error);
    process.exit(1);
  }
}
process.exit(0);
