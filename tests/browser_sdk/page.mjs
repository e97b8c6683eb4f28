// A page of jsdom in which the browser SDK runs as it is published, for the drivers here. What the page fetches goes
// through the rules that browsers keep (Fetch standard, CORS protocol): without the right preflight and answer headers
// a request fails here as it would there.
//
//   node DRIVER PACKAGES ORIGIN PROJECT TOKEN
//
// A driver says one line for each step, "ok NAME VALUE-AS-JSON", and ends with 1 at the first that fails.
import { createRequire } from "node:module";

export const [packages, origin, project, token] = process.argv.slice(2);
const require = createRequire(packages + "/package.json");
export const pageOrigin = "https://app.example";

const { JSDOM } = require("jsdom");
export const page = new JSDOM("<!doctype html><body></body>", { url: pageOrigin + "/", pretendToBeVisual: true });
for (const name of ["window", "document", "localStorage", "sessionStorage", "HTMLElement", "MessageEvent", "CustomEvent"]) {
  Object.defineProperty(globalThis, name, { value: name === "window" ? page.window : page.window[name], configurable: true, writable: true });
}

const simple = new Set(["accept", "accept-language", "content-language"]);
export const serverFetch = globalThis.fetch;

async function browserFetch(url, options = {}) {
  const method = (options.method ?? "GET").toUpperCase();
  const named = Object.keys(options.headers ?? {}).map((name) => name.toLowerCase()).filter((name) => !simple.has(name));
  if (named.length > 0 || !["GET", "HEAD", "POST"].includes(method)) {
    const preflight = await serverFetch(url, {
      method: "OPTIONS",
      headers: { Origin: pageOrigin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": named.sort().join(",") },
    });
    const allowed = (preflight.headers.get("access-control-allow-headers") ?? "").toLowerCase().split(/,\s*/);
    const refused = named.filter((name) => !allowed.includes(name));
    if (!preflight.ok || refused.length > 0) throw new TypeError(`preflight of ${method} ${url} refuses ${refused}`);
  }
  const answer = await serverFetch(url, { ...options, headers: { ...options.headers, Origin: pageOrigin } });
  const readable = answer.headers.get("access-control-allow-origin");
  if (readable !== "*" && readable !== pageOrigin) throw new TypeError(`the answer of ${method} ${url} may not be read`);
  return answer;
}
globalThis.fetch = browserFetch;
page.window.fetch = browserFetch;

const { default: ConnectSDK } = require("@useparagon/connect/ConnectSDK");

export function say(name, value) {
  console.log("ok", name, JSON.stringify(value ?? null));
}

export async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error.message;
  }
  throw new Error("was not refused");
}

export function makeSdk() {
  const sdk = new ConnectSDK(
    Object.fromEntries(
      ["ZEUS", "HERMES", "WORKER_PROXY", "CONNECT", "PASSPORT", "CDN", "DASHBOARD", "API_TRIGGER_KIT"]
        .map((name) => [name + "_PUBLIC_URL", origin])
        .concat([["PASSPORT_PRODUCTION_URL", origin]]),
    ),
  );
  sdk.setHeadless?.(true);
  return sdk;
}

export function run(drive) {
  drive().then(
    () => process.exit(0),
    (error) => {
      console.log("failed", error?.stack ?? error);
      process.exit(1);
    },
  );
}
