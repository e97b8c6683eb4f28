// Drives the browser SDK's sign-in at a provider, and several configurations of one account (page.mjs says how). The
// popup is played by hand: what a browser keeps for the server's origin is its cookies.
import { makeSdk, origin, page, pageOrigin, project, run, say, serverFetch, token } from "./page.mjs";

const jar = new Map();

async function visit(url) {
  const answer = await serverFetch(url, {
    redirect: "manual",
    headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
  });
  for (const cookie of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
    jar.set(name, value);
  }
  return answer;
}

/// The user lets the application in: the provider sends the browser back with a code.
async function signIn(url) {
  const start = await visit(url);
  const authorize = new URL(start.headers.get("location"));
  say("asked for", [authorize.searchParams.get("client_id"), authorize.searchParams.get("scope")]);
  const back = new URL(authorize.searchParams.get("redirect_uri"));
  back.searchParams.set("state", authorize.searchParams.get("state"));
  back.searchParams.set("code", "c0de");
  const end = await visit(back.href);
  say("window ends", [end.status, (await end.text()).includes('data-status="connected"')]);
}

page.window.open = (url) => {
  const popup = {
    closed: false,
    close() {
      this.closed = true;
    },
    location: {
      set href(next) {
        signIn(next).then(() => popup.close(), (error) => console.log("failed", error));
      },
    },
  };
  visit(url).then(async (answer) => {
    const text = await answer.text();
    say("first page", [answer.status, text.includes("oauth-nonce-loaded"), text.includes(`data-origin="${pageOrigin}"`)]);
    page.window.dispatchEvent(new page.window.MessageEvent("message", { data: { type: "oauth-nonce-loaded" } }));
  });
  return popup;
};

async function drive() {
  const sdk = makeSdk();
  await sdk.authenticate(project, token);
  await new Promise((resolve, reject) =>
    sdk.installFlow.start("drive", {
      onNext: ({ stage }) => (stage === "oauth" ? say("stage", stage) : reject(new Error(`unexpected stage ${stage}`))),
      onComplete: resolve,
      onError: reject,
    }),
  );
  const state = sdk.getUser().integrations.drive;
  say("installed", [state.enabled, state.credentialStatus, state.providerId, state.allCredentials.length]);
  const credential = state.credentialId;

  const added = await sdk.createConfiguration({ credentialId: credential, externalId: "team-2" });
  say("configuration", [added.isDefault, added.externalId]);
  const options = { selectedCredentialId: credential, selectedConfigurationId: added.id };
  await sdk.enableWorkflow("sync", options);
  const configurations = () => sdk.getUser().integrations.drive.allCredentials[0].configurations;
  say("enabled in", configurations().map((each) => each.workflowSettings.sync.enabled));
  const noted = await sdk.updateConfiguration({ id: added.id, credentialId: credential, meta: { team: 2 } });
  say("meta", noted.configMeta);
  say("event", (await sdk.event("Made", {}))?.executionIds?.length ?? "no body");
  await sdk.disableWorkflow("sync", options);
  say("disabled in", configurations().map((each) => each.workflowSettings.sync.enabled));
  await sdk.destroyConfiguration({ id: added.id, credentialId: credential });
  say("left", sdk.getUser().integrations.drive.allCredentials[0].configurations.length);
  await sdk.uninstallIntegration("drive");
  say("uninstalled", sdk.getUser().integrations.drive.allCredentials.length);
  say("origin", origin.startsWith("http://127.0.0.1:"));
}

run(drive);
