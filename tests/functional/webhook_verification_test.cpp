// Deliveries that are verified by code, or by the keys that a provider publishes; and records that are loaded
// before the steps run.
#include "http/auth/base64url.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <atomic>
#include <mutex>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string workflow_on(const std::string& trigger, const std::string& shown) {
  return R"({"name": "w", "integration": "crm", "defaultEnabled": true, "trigger": )" + trigger +
         R"(, "steps": [{"id": "echo", "type": "function", "parameters": )" + shown +
         R"(, "code": "(all) => all"}]})";
}
const std::string on_hook =
    workflow_on(R"({"type": "webhook", "webhook": "hook"})", R"({"r": "{{trigger.result}}"})");

void put_crm(const TestProject& project, const std::string& webhook, const std::string& rest = {},
             const std::string& base_url = "https://crm.example") {
  REQUIRE(project.put("/secrets/HOOK", R"({"value": "hook-secret"})").status < 300);
  const Answer put =
      project.put("/integrations/crm", R"({"baseUrl": ")" + base_url +
                                           R"(", "auth": {"type": "bearer"}, "webhooks": {"hook":
      {"scope": "app", "route": "body.account", )" +
                                           webhook + "}}" + rest + "}");
  INFO(put.text);
  REQUIRE(put.status < 300);
}

void connect(const TestProject& project) {
  const Answer answer = call_server(
      project.port(), {"POST", project.path("/sdk/integrations/crm/connect"), project.token(),
                       R"({"credentials": {"token": "t0k3n"}, "providerId": "a1"})"});
  REQUIRE(answer.status == 201);
}

std::string hook_path(const TestProject& project) {
  const std::string url = string_at(project.get("/integrations/crm").json, "/webhooks/hook/url");
  return url.substr(url.find("/hooks/"));
}

Answer deliver(const TestProject& project, const std::string& body, const Headers& headers = {}) {
  return call_server(project.port(),
                     {"POST", hook_path(project), {}, body, "application/json", headers});
}

bool logs(const TestProject& project, const std::string& text) {
  return poll_until(
      [&] { return project.get("/event-logs?type=webhook").text.find(text) != std::string::npos; });
}

std::string runs_of(const TestProject& project) {
  return project.get("/task-history/workflow-executions").at("/total");
}

std::string verify_by(const std::string& code) {
  return R"("verify": {"type": "code", "secrets": {"key": "{{secrets.HOOK}}"}, "code": )" +
         to_text(Json(code)) + "}";
}

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  REQUIRE(::EVP_PKEY_get_bn_param(key, name, &number) == 1);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  ::BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  ::BN_free(number);
  return base64url_encode(bytes);
}

std::string jwk_of(const RsaKeyPair& pair, const std::string& id) {
  const auto key = parse_public_key(pair.public_pem);
  REQUIRE(key.ok());
  return R"({"kty": "RSA", "kid": ")" + id + R"(", "n": ")" +
         number_of(key->get(), OSSL_PKEY_PARAM_RSA_N) + R"(", "e": ")" +
         number_of(key->get(), OSSL_PKEY_PARAM_RSA_E) + "\"}";
}

Headers token_of(const RsaKeyPair& keys, const std::string& id,
                 const std::string& audience = "us") {
  Json claims = claims_of("provider");
  claims.get_object()["aud"] = audience;
  return {{"Authorization",
           "Bearer " + signed_token(keys, JsonObject{{"alg", "RS256"}, {"kid", id}}, claims)}};
}

}  // namespace

TEST_CASE("code that does not compile is refused when the integration is put, with its place") {
  const TestProject project(open_server());
  const auto refuses = [&](const std::string& path, const std::string& definition) {
    const Answer put = project.put(path, definition);
    INFO(put.text);
    CHECK(put.status == 400);
    CHECK(put.at("/code") == R"("invalid_definition")");
    CHECK(put.at("/details/0/path") == R"("/webhooks/hook/verify/code")");
    CHECK(put.at("/details/0/line") == "2");
  };
  const std::string broken = verify_by("({ headers }) => {\n  return { status: };\n}");
  refuses("/integrations/crm",
          R"({"baseUrl": "https://crm.example", "webhooks": {"hook": {"scope": "app",
              "route": "body.account", )" +
              broken + "}}}");
  refuses("/resources/api",
          R"({"baseUrl": "https://api.example", "level": "app", "webhooks": {"hook": {)" + broken +
              "}}}");
  CHECK(project.get("/integrations/crm").status == 404);
}

TEST_CASE("code verifies a delivery with what it was given, and its refusal is the answer") {
  const TestProject project(open_server());
  put_crm(project, verify_by(R"(({ headers, rawBody, method, url, query, body, secrets }) => {
    const seen = [method, query.q, body.account, rawBody.length, url.includes('/hooks/')].join(' ');
    return headers['x-key'] === secrets.key
      ? { status: 200 } : { status: 418, headers: { 'X-Why': seen }, body: { no: true } };
  })"));
  project.deploy("w", on_hook);
  connect(project);
  const std::string body = R"({"account": "a1"})";
  const Answer refused = call_server(
      project.port(), {"POST", hook_path(project) + "?q=7", {}, body, "application/json", {}});
  CHECK(refused.status == 418);
  CHECK(refused.text == R"({"no":true})");
  CHECK(refused.header("X-Why") == "POST 7 a1 17 true");
  CHECK(logs(project, "refused it with status 418"));
  CHECK(runs_of(project) == "0");
  const Answer delivered = deliver(project, body, {{"X-Key", "hook-secret"}});
  INFO(delivered.text);
  REQUIRE(delivered.status == 200);
  project.wait_for_status(string_at(delivered.json, "/executionIds/0"), "SUCCEEDED");
}

TEST_CASE("code may answer a question of the provider, and then nothing starts") {
  const TestProject project(open_server());
  put_crm(project, verify_by(R"(({ query }) => query.ask
      ? { status: 200, body: query.ask, persist: false } : { status: 202, body: 'thanks' })"));
  project.deploy("w", on_hook);
  connect(project);
  const Answer asked =
      call_server(project.port(), {"GET", hook_path(project) + "?ask=there", {}, {}});
  CHECK(asked.status == 200);
  CHECK(asked.text == "there");
  CHECK(runs_of(project) == "0");
  const Answer delivered = deliver(project, R"({"account": "a1"})");
  CHECK(delivered.status == 202);
  CHECK(delivered.text == "thanks");
  CHECK(runs_of(project) == "1");
}

TEST_CASE("code that throws, returns nonsense or never ends starts nothing") {
  const TestProject project(open_server());
  const std::string body = R"({"account": "a1"})";
  project.put("/secrets/HOOK", R"({"value": "hook-secret"})");
  put_crm(project, verify_by("() => { throw new Error('not ours') }"));
  project.deploy("w", on_hook);
  connect(project);
  CHECK(deliver(project, body).status == 401);
  CHECK(logs(project, "not ours"));
  put_crm(project, verify_by("() => 7"));
  CHECK(deliver(project, body).status == 500);
  CHECK(logs(project, "returned something else"));
  put_crm(project, verify_by("() => { for (;;); }"));
  // Its 3 seconds are those of the processor: on a busy machine the 8 of the clock may be over first.
  const int endless = deliver(project, body).status;
  CHECK((endless == 500 || endless == 503));
  // What cannot be read never takes its place.
  CHECK(project
            .put("/integrations/crm", R"({"baseUrl": "https://crm.example", "webhooks": {"hook": {
                "scope": "app", "route": "body.account", )" +
                                          verify_by("() => (") + "}}}")
            .status == 400);
  CHECK(deliver(project, body).status >= 400);
  CHECK(runs_of(project) == "0");
}

TEST_CASE("a token is verified with the keys that the provider publishes, also with new ones") {
  std::mutex mutex;
  std::string keys = jwk_of(first_key_pair(), "k1");
  std::atomic<int> fetches{0};
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        ++fetches;
        const std::lock_guard lock(mutex);
        connection.answer(200, R"({"keys": [{"kty": "oct"}, )" + keys + "]}");
      }));
  const TestProject project(open_server());
  put_crm(project,
          R"("verify": {"type": "jwt", "audience": "us", "jwks": ")" + peer.url("/keys") + "\"}");
  project.deploy("w", on_hook);
  connect(project);
  const std::string body = R"({"account": "a1"})";
  const Answer delivered = deliver(project, body, token_of(first_key_pair(), "k1"));
  INFO(delivered.text);
  CHECK(delivered.status == 200);
  CHECK(deliver(project, body, token_of(first_key_pair(), "k1")).status == 200);
  CHECK(fetches == 1);
  CHECK(deliver(project, body, token_of(first_key_pair(), "k1", "them")).status == 401);
  CHECK(deliver(project, body, token_of(second_key_pair(), "k1")).status == 401);
  CHECK(deliver(project, body).status == 401);
  // A key that nobody has published: they were fetched a moment ago, so they are not fetched again.
  CHECK(deliver(project, body, token_of(second_key_pair(), "k2")).status == 401);
  CHECK(fetches == 1);
}

TEST_CASE("while the provider's keys cannot be had a delivery is to be sent again") {
  MisbehavingPeer peer([](PeerConnection& connection) {
    connection.read_request();
    connection.wait_for_close();
  });
  const TestProject project(open_server());
  put_crm(project,
          R"("verify": {"type": "jwt", "issuer": "them", "jwks": ")" + peer.url("/keys") + "\"}");
  project.deploy("w", on_hook);
  connect(project);
  CHECK(deliver(project, R"({"account": "a1"})", token_of(first_key_pair(), "k1")).status == 503);
  CHECK(logs(project, "keys cannot be had"));
  CHECK(runs_of(project) == "0");
}

TEST_CASE("a record is loaded before the steps, and the event stands beside it") {
  std::atomic<int> asked{0};
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        const bool is_first = ++asked == 1;
        if (is_first || request.target != "/contacts/c%2F7" ||
            request.header("authorization") != "Bearer t0k3n") {
          connection.answer(is_first ? 503 : 400, "{}", "Retry-After: 1\r\n");
        } else {
          connection.answer(200, R"({"name": "Ada"})", "Content-Type: application/json\r\n");
        }
      }));
  const TestProject project(open_server());
  put_crm(project, R"("description": "d")",
          R"(, "actions": {"getContact": {"method": "GET", "path": "/contacts/{{parameters.id}}",
      "parameters": {"id": {"type": "string", "required": true}}}},
    "triggers": {"changed": {"webhook": "hook",
      "load": {"action": "getContact", "parameters": {"id": "{{event.objectId}}"}}}})",
          peer.url(""));
  project.deploy("w", workflow_on(R"({"type": "integration", "trigger": "changed"})",
                                  R"({"name": "{{trigger.result.name}}", "whole": "{{1.result}}",
                                      "kind": "{{trigger.event.kind}}"})"));
  connect(project);
  const Answer delivered =
      deliver(project, R"({"account": "a1", "objectId": "c/7", "kind": "contact"})");
  INFO(delivered.text);
  REQUIRE(delivered.status == 200);
  const std::string run = string_at(delivered.json, "/executionIds/0");
  const Json ended = project.wait_until_ended(run);
  INFO(to_text(ended));
  CHECK(string_at(ended, "/status") == "SUCCEEDED");
  CHECK(string_at(ended, "/stepExecutions/1/stepId") == "trigger.load");
  CHECK(asked == 2);
  const Json step = project.step(run, "echo");
  CHECK(text_at(step, "/output/result") ==
        R"({"name":"Ada","whole":{"name":"Ada"},"kind":"contact"})");
}
