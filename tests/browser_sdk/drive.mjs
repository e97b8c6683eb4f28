// Drives the original platform's browser SDK, as it is published, against a running server: an account with a key,
// its settings, workflows, events, proxy (page.mjs says how).
import { makeSdk, project, refused, run, say, token } from "./page.mjs";

async function drive() {
  const sdk = makeSdk();

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

run(drive);
