// Drives the original platform's browser SDK, as it is published, in a page of jsdom against a running server:
//
//   node drive.mjs PACKAGES ORIGIN PROJECT TOKEN
//
// One line for each step, "ok NAME VALUE-AS-JSON"; ends with 1 at the first that fails. What the page fetches goes
// through the rules that browsers keep (Fetch standard, CORS protocol): without the right preflight and answer headers
// a request fails here as it would there.
import { createRequire } from "node:module";

const [packages, origin, project, token] = process.argv.slice(2);
const require = createRequire(packages + "/package.json");
const pageOrigin = "https://app.example";

const { JSDOM } = require("jsdom");
const page = new JSDOM("<!doctype html><body></body>", { url: pageOrigin + "/", pretendToBeVisual: true });
for (const name of ["window", "document", "localStorage", "sessionStorage", "HTMLElement", "MessageEvent", "CustomEvent"]) {
  Object.defineProperty(globalThis, name, { value: name === "window" ? page.window : page.window[name], configurable: true, writable: true });
}

const simple = new Set(["accept", "accept-language", "content-language"]);
const serverFetch = globalThis.fetch;

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

function say(name, value) {
  console.log("ok", name, JSON.stringify(value ?? null));
}

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error.message;
  }
  throw new Error("was not refused");
}

async function drive() {
  const sdk = new ConnectSDK(
    Object.fromEntries(
      ["ZEUS", "HERMES", "WORKER_PROXY", "CONNECT", "PASSPORT", "CDN", "DASHBOARD", "API_TRIGGER_KIT"]
        .map((name) => [name + "_PUBLIC_URL", origin])
        .concat([["PASSPORT_PRODUCTION_URL", origin]]),
    ),
  );
  sdk.setHeadless?.(true);

  await sdk.authenticate(project, token);
  say("authenticated", sdk.getUser().authenticated);
  await sdk.setUserMetadata({ Name: "Ada", Email: "ada@example.org" });
  say("meta", sdk.getUser().meta);
  say("metadata", sdk.getIntegrationMetadata().map((each) => each.type));
  const config = sdk.getIntegrationConfig("crm");
  say("settings", config.availableUserSettings.map((each) => [each.id, each.type, each.required]));
  say("workflows", config.availableWorkflows.map((each) => each.id));
  say("hidden", config.hiddenWorkflows.map((each) => each.id));

  const installed = new Promise((resolve, reject) =>
    sdk.installFlow.start("crm", {
      onNext: ({ stage, options }) => {
        if (stage !== "preOptions") return reject(new Error(`unexpected stage ${stage}`));
        say("asks for", options.map((each) => each.id));
        sdk.installFlow.setPreOptions({ token: "ada-token" });
      },
      onComplete: (done) => resolve(done),
      onError: reject,
    }),
  );
  await installed;
  const state = sdk.getUser().integrations.crm;
  say("installed", [state.enabled, state.credentialStatus, state.allCredentials.length]);

  await sdk.updateIntegrationUserSettings("crm", { channel: "#sales" });
  say("shared settings", sdk.getUser().integrations.crm.sharedSettings);
  await sdk.enableWorkflow("greet");
  say("enabled", sdk.getUser().integrations.crm.workflowSettings.greet.enabled);
  await sdk.updateWorkflowUserSettings("crm", "greet", { greeting: "Hello" });
  say("workflow settings", sdk.getUser().integrations.crm.workflowSettings.greet.settings);
  say("workflow", await sdk.workflow("greet", { body: { name: "Ada" } }));
  say("event", (await sdk.event("Contact Created", { name: "Bob" }))?.executionIds.length ?? "no body");
  say("proxy", await sdk.request("crm", "/contacts", { method: "POST", body: { n: 1 } }));
  say("account", Object.keys(await sdk.getIntegrationAccount("crm", {})).includes("providerData"));
  say("unknown event", await refused(sdk.event("No Such Event", {})));
  say("still signed in", sdk.getUser().authenticated);
  await sdk.disableWorkflow("greet");
  say("disabled", sdk.getUser().integrations.crm.workflowSettings.greet.enabled);
  await sdk.uninstallIntegration("crm");
  say("uninstalled", sdk.getUser().integrations.crm.allCredentials.length);
  await sdk.authenticate(project, token);
  say("after a reload", [sdk.getUser().meta.Name, sdk.getUser().integrations.crm.enabled]);
}

drive().then(
  () => process.exit(0),
  (error) => {
    console.log("failed", error?.stack ?? error);
    process.exit(1);
  },
);
