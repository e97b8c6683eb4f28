// Users sign in at a real OpenID provider (npm `oidc-provider`), which requires PKCE, rotates refresh tokens and takes
// everything back when one of its codes or tokens comes twice; what the server makes of that is said line by line:
//
//   node drive.mjs PACKAGES ORIGIN PROJECT API-KEY TOKEN
//
// One line for each step, "ok NAME VALUE-AS-JSON"; ends with 1 at the first that fails.
import { createRequire } from "node:module";
import http from "node:http";
import { pathToFileURL } from "node:url";

const [packages, origin, project, apiKey, token] = process.argv.slice(2);
const require = createRequire(packages + "/package.json");
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);

const say = (name, value) => console.log("ok", name, JSON.stringify(value ?? null));

// --- the provider -----------------------------------------------------------------------------------------------

const seen = { refreshes: 0, revocations: 0, refreshTokens: [], codes: [], verifiers: [] };
let accessSeconds = 3600;
let provider;
const server = http.createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://peer");
  if (pathname === "/api/me") {
    const found = await provider.AccessToken.find((request.headers.authorization ?? "").replace("Bearer ", ""));
    response.writeHead(found ? 200 : 401, { "Content-Type": "application/json" });
    return response.end(JSON.stringify({ user: found?.accountId ?? null }));
  }
  if (pathname.startsWith("/let-in/")) return letIn(request, response);
  if (pathname === "/token/revocation") ++seen.revocations;
  return provider.callback()(request, response);
});
// A thousand connections come at one moment, more than the usual backlog holds.
await new Promise((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 2048 }, resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

provider = new Provider(issuer, {
  clients: [
    {
      client_id: "us",
      client_secret: "cl13nt",
      redirect_uris: [`${origin}/oauth/callback`],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  cookies: { keys: ["of the tests"] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { url: (_, interaction) => `/let-in/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  pkce: { required: () => true, methods: ["S256"] },
  rotateRefreshToken: true,
  ttl: { AccessToken: () => accessSeconds, Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 600, AuthorizationCode: 60, IdToken: 60 },
});
provider.on("grant.success", (ctx) => {
  if (ctx.oidc.params.grant_type === "refresh_token") ++seen.refreshes;
  else seen.verifiers.push(ctx.oidc.params.code_verifier);
  seen.refreshTokens.push(ctx.body.refresh_token);
});

/// Whoever comes is Ada, and agrees.
async function letIn(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "ada", clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { login: { accountId: "ada" }, consent: { grantId: await grant.save() } });
}

async function askForTokens(fields) {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: "us", client_secret: "cl13nt", ...fields }),
  });
  return [answer.status, (await answer.json()).error];
}

// --- the server -------------------------------------------------------------------------------------------------

async function call(method, path, key, body) {
  const answer = await fetch(`${origin}/projects/${project}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}

async function expectOk(promise) {
  const answer = await promise;
  if (answer.status >= 300) throw new Error(JSON.stringify(answer));
  return answer.body;
}

/// A browser that follows redirects and keeps cookies by origin, until somebody answers or `stop` says so.
async function browse(url, stop = () => false) {
  const jars = new Map();
  for (let hops = 0; hops < 20; ++hops) {
    const at = new URL(url);
    const jar = jars.get(at.origin) ?? jars.set(at.origin, new Map()).get(at.origin);
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      jar.set(name, value);
    }
    const next = answer.headers.get("location");
    if (next === null) return { status: answer.status, text: await answer.text() };
    url = new URL(next, url).href;
    if (stop(url)) return { stopped: new URL(url) };
  }
  throw new Error("no end of redirects");
}

async function signIn(stop) {
  const ticket = await expectOk(call("POST", "/sdk/oauth/crm/ticket", token, {}));
  return browse(ticket.url, (url) => {
    const at = new URL(url);
    if (at.pathname === "/oauth/callback") seen.codes.push(at.searchParams.get("code"));
    return stop !== undefined && at.pathname === "/oauth/callback";
  });
}

const connected = (end) => [end.status, /data-status="connected"/.test(end.text ?? "")];
const ask = async () => (await call("POST", "/sdk/triggers/ask", token, {})).body;
const accounts = async () => (await expectOk(call("GET", "/sdk/credentials", token))).credentials;
const statuses = async () => (await accounts()).map((account) => account.status);

async function until(holds) {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function drive() {
  await expectOk(
    call("PUT", "/integrations/crm", apiKey, {
      baseUrl: `${issuer}/api`,
      auth: {
        type: "oauth2",
        authorizeUrl: `${issuer}/auth`,
        tokenUrl: `${issuer}/token`,
        clientId: "us",
        clientSecret: "cl13nt",
        scopes: ["openid", "offline_access"],
        authorizeParams: { prompt: "consent" },
        revoke: { url: `${issuer}/token/revocation` },
        profile: { url: `${issuer}/api/me`, providerId: "user" },
      },
    }),
  );
  await expectOk(
    call("PUT", "/workflows/ask", apiKey, {
      integration: "crm",
      defaultEnabled: true,
      trigger: { type: "request" },
      steps: [
        { id: "me", type: "request", integration: "crm", method: "GET", path: "/me", continueOnError: true },
        { id: "reply", type: "response", body: { user: "{{me.response.body.user}}", error: "{{me.error.code}}" } },
      ],
    }),
  );
  await expectOk(call("POST", "/workflows/ask/deploy", apiKey));

  const stopped = (await signIn("at the callback")).stopped;
  say("another verifier", await askForTokens({
    grant_type: "authorization_code",
    code: stopped.searchParams.get("code"),
    redirect_uri: `${origin}/oauth/callback`,
    code_verifier: "x".repeat(64),
  }));

  accessSeconds = 1;
  say("signed in", connected(await signIn()));
  say("account", (await accounts()).map((account) => [account.status, account.providerId]));
  // Until the token has ended: nothing else says so but the provider's clock.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  accessSeconds = 3600;
  const answers = await Promise.all(Array.from({ length: 1_000 }, ask));
  const others = answers.filter((answer) => answer.user !== "ada");
  if (others.length > 0) console.log("others", JSON.stringify(others.slice(0, 5)));
  say("at the moment of expiry", [answers.filter((answer) => answer.user === "ada").length, seen.refreshes]);
  say("afterwards", [(await ask()).user, seen.refreshes]);

  // The first token was given for the first code; whoever brings it again has stolen it, and all is taken back.
  say("an old refresh token", await askForTokens({ grant_type: "refresh_token", refresh_token: seen.refreshTokens.at(-2) }));
  say("without tokens", (await ask()).error);
  say("is invalid", await statuses());

  say("signed in again", connected(await signIn()));
  say("is valid", [await statuses(), (await ask()).user]);
  say("a code twice", await askForTokens({
    grant_type: "authorization_code",
    code: seen.codes.at(-1),
    redirect_uri: `${origin}/oauth/callback`,
    code_verifier: seen.verifiers.at(-1),
  }));
  say("without tokens again", (await ask()).error);
  say("is invalid again", await statuses());

  say("signed in at last", connected(await signIn()));
  const last = seen.refreshTokens.at(-1);
  await expectOk(call("DELETE", "/sdk/integrations/crm", token));
  say("is told of the end", await until(() => seen.revocations === 1));
  say("its token", await until(async () => (await provider.RefreshToken.find(last)) === undefined));
}

drive().then(
  () => process.exit(0),
  (error) => {
    console.log("failed", error?.stack ?? error);
    process.exit(1);
  },
);
