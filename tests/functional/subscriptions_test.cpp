// Subscriptions of webhooks: an account that has a workflow enabled has told its provider where to call.
#include "runtime/digests/hmac.h"
#include "runtime/text/hex_text.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/hook_provider.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string subscribe = R"("subscribe": {"request": {"method": "POST", "path": "/hooks",
    "body": {"url": "{{subscription.url}}", "secret": "{{subscription.secret}}"}},
    "keep": {"id": "response.body.id", "expires": "response.body.expires"}REST})";
const std::string renew =
    R"(, "renew": {"before": "1h", "request": {"method": "PATCH", "path": "/hooks/{{subscription.id}}"}})";
const std::string unsubscribe =
    R"(, "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}"}})";
const std::string find = R"(, "find": {"request": {"method": "GET", "path": "/hooks"},
    "items": "response.body.items", "url": "url"})";
const std::string verify = R"(, "verify": {"type": "hmac", "header": "X-Signature",
    "secret": "{{subscription.secret}}"})";

std::string subscribing(const std::string& rest = {}) {
  std::string text = subscribe;
  return text.replace(text.find("REST"), 4, rest);
}

void put_crm(const TestProject& project, const HookProvider& provider, const std::string& webhook) {
  const Answer put =
      project.put("/integrations/crm", R"({"baseUrl": ")" + provider.url() +
                                           R"(", "auth": {"type": "bearer"}, "webhooks": {"hook":
      {"scope": "user", )" + webhook + "}}}");
  INFO(put.text);
  REQUIRE(put.status < 300);
}

const std::string on_hook =
    R"({"name": "w", "integration": "crm", "trigger": {"type": "webhook", "webhook": "hook"},
     "steps": [{"id": "echo", "type": "function", "parameters": {"b": "{{trigger.result.body}}"},
                "code": "({ b }) => b"}]})";

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body = {}) {
  return call_server(project.port(), {method, project.path("/sdk" + rest), project.token(), body});
}

std::string connect(const TestProject& project) {
  const Answer answer = as_user(project, "POST", "/integrations/crm/connect",
                                R"({"credentials": {"token": "t0k3n"}})");
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return string_at(answer.json, "/id");
}

void enable(const TestProject& project, bool is_enabled = true) {
  const Answer answer = as_user(project, is_enabled ? "POST" : "DELETE", "/workflows/w");
  INFO(answer.text);
  REQUIRE(answer.status < 300);
}

Json credential_of(const TestProject& project) {
  return as_user(project, "GET", "/credentials").json.at("credentials").at(0);
}

std::string state_of(const TestProject& project) {
  const std::string state = text_at(credential_of(project), "/subscriptions/hook/state");
  return state.empty() ? state : state.substr(1, state.size() - 2);
}

bool becomes(const TestProject& project, const std::string& state) {
  return poll_until([&] { return state_of(project) == state; });
}

std::string path_of(const std::string& url) { return url.substr(url.find("/hooks/")); }

Answer deliver(const TestProject& project, const std::string& url, const std::string& body,
               const std::string& secret) {
  return call_server(project.port(),
                     {"POST",
                      path_of(url),
                      {},
                      body,
                      "application/json",
                      {{"X-Signature", to_hex(hmac(HashAlgorithm::sha256, secret, body))}}});
}

}  // namespace

TEST_CASE("an account subscribes with its first enabled workflow and unsubscribes with its last") {
  HookProvider provider;
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe + verify);
  project.deploy("w", on_hook);
  connect(project);
  CHECK(provider.asked() == 0);
  enable(project);
  REQUIRE(becomes(project, "active"));
  REQUIRE(provider.hooks().size() == 1);
  CHECK(provider.last_authorization() == "Bearer t0k3n");
  const auto hook = provider.hooks().front();
  CHECK(hook.url == string_at(credential_of(project), "/webhooks/hook/url"));
  CHECK_FALSE(hook.secret.empty());
  // What it delivers is verified with the secret that it was given, and with nothing else.
  CHECK(deliver(project, hook.url, R"({"n": 1})", "another").status == 401);
  const Answer delivered = deliver(project, hook.url, R"({"n": 1})", hook.secret);
  INFO(delivered.text);
  REQUIRE(delivered.status == 200);
  project.wait_for_status(string_at(delivered.json, "/executionIds/0"), "SUCCEEDED");

  enable(project, false);
  REQUIRE(poll_until([&] { return provider.hooks().empty() && state_of(project).empty(); }));
  CHECK(deliver(project, hook.url, "{}", hook.secret).status == 404);
  enable(project);
  REQUIRE(becomes(project, "active"));
  CHECK(provider.made() == 2);
  REQUIRE(project.post("/workflows/w/undeploy").status < 300);
  REQUIRE(poll_until([&] { return provider.hooks().empty(); }));
  project.deploy("w", on_hook);
  REQUIRE(becomes(project, "active"));
  CHECK(provider.made() == 3);
}

TEST_CASE("an account that is disconnected, or whose integration is gone, ends its subscriptions") {
  HookProvider provider;
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe);
  project.deploy("w", on_hook);
  const std::string account = connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  REQUIRE(as_user(project, "DELETE", "/integrations/" + account).status < 300);
  REQUIRE(poll_until([&] { return provider.hooks().empty(); }));
  CHECK(provider.last_authorization() == "Bearer t0k3n");
  connect(project);
  enable(project);
  REQUIRE(poll_until([&] { return provider.hooks().size() == 1; }));
  REQUIRE(becomes(project, "active"));
  REQUIRE(project.remove("/integrations/crm").status < 300);
  REQUIRE(poll_until([&] { return provider.hooks().empty(); }));
  CHECK(provider.made() == 2);
}

TEST_CASE("an erased user's subscriptions are ended, and a provider in trouble holds nobody up") {
  HookProvider provider;
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  const Answer erased = project.remove("/users/user-1");
  INFO(erased.text);
  CHECK(erased.status == 200);
  REQUIRE(poll_until([&] { return provider.hooks().empty(); }));
  CHECK(provider.last_authorization() == "Bearer t0k3n");

  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  provider.take_up({.unsubscribe_status = 503});
  CHECK(project.remove("/users/user-1").status == 200);
  CHECK(provider.hooks().size() == 1);
  CHECK(project.remove("/users/user-1").status == 404);
  CHECK(deliver(project, provider.hooks().front().url, "{}", "").status == 404);
}

TEST_CASE("a provider that refuses is asked again later, and the account shows why") {
  HookProvider provider;
  provider.take_up({.subscribe_status = 422});
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "failed"));
  const Json shown = credential_of(project);
  CHECK(string_at(shown, "/subscriptions/hook/error/code") == "request_rejected");
  CHECK(string_at(shown, "/subscriptions/hook/error/message") ==
        R"(the provider answered 422: {"error":"no"})");
  CHECK_FALSE(string_at(shown, "/subscriptions/hook/nextAt").empty());
  CHECK(poll_until([&] {
    return project.get("/event-logs?type=webhook").text.find("request_rejected") !=
           std::string::npos;
  }));
  // What may have mended it makes it try at once.
  provider.take_up({});
  enable(project, false);
  enable(project);
  CHECK(becomes(project, "active"));
}

TEST_CASE("a lost answer doubles no subscription where the provider can be asked for it") {
  HookProvider provider;
  provider.take_up({.lost_answers = 1});
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe + find);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  CHECK(provider.made() == 1);
  CHECK(provider.hooks().front().url == string_at(credential_of(project), "/webhooks/hook/url"));
  enable(project, false);
  CHECK(poll_until([&] { return provider.hooks().empty(); }));
}

TEST_CASE("a lost answer is asked for again under the same key where the provider minds it") {
  HookProvider provider;
  provider.take_up({.lost_answers = 1, .minds_keys = true});
  const TestProject project(open_server());
  put_crm(project, provider, subscribing(R"(, "idempotent": true)") + unsubscribe);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  CHECK(provider.made() == 1);
  CHECK(provider.asked() == 2);
}

TEST_CASE("a subscription of which nobody knows has a URL that nothing comes in by any more") {
  HookProvider provider;
  provider.take_up({.lost_answers = 1});
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe + verify);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  const auto hooks = provider.hooks();
  REQUIRE(hooks.size() == 2);
  REQUIRE(hooks[0].url != hooks[1].url);
  CHECK(deliver(project, hooks[0].url, "{}", hooks[0].secret).status == 404);
  CHECK(deliver(project, hooks[1].url, "{}", hooks[1].secret).status == 200);
}

TEST_CASE("a subscription is renewed before it ends") {
  HookProvider provider;
  provider.take_up({.expires = "4"});
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + renew + unsubscribe);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(poll_until([&] { return provider.renewed() >= 2; }));
  CHECK(state_of(project) == "active");
  CHECK(provider.made() == 1);
}

TEST_CASE("a refused renewal is another subscription, and the one before it is ended") {
  HookProvider provider;
  provider.take_up({.renew_status = 400, .expires = "4"});
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + renew + unsubscribe + verify);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  const auto first = provider.hooks().front();
  REQUIRE(poll_until([&] { return provider.ended() >= 1; }));
  REQUIRE(
      poll_until([&] { return deliver(project, first.url, "{}", first.secret).status == 404; }));
  provider.take_up({});
  REQUIRE(becomes(project, "active"));
  const auto last = provider.hooks().back();
  CHECK(last.url != first.url);
}

TEST_CASE("a URL that is rotated is another subscription, and the one before is worth nothing") {
  HookProvider provider;
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe + verify);
  project.deploy("w", on_hook);
  const std::string account = connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  const auto before = provider.hooks().front();
  const Answer rotated =
      as_user(project, "POST", "/credentials/" + account + "/webhooks/hook/rotate");
  INFO(rotated.text);
  REQUIRE(rotated.status == 200);
  CHECK(deliver(project, before.url, "{}", before.secret).status == 404);
  REQUIRE(poll_until([&] { return provider.ended() == 1 && provider.hooks().size() == 1; }));
  CHECK(provider.hooks().front().url == string_at(rotated.json, "/url"));
}

TEST_CASE(
    "what a subscription asks for is another one when the definition asks for something else") {
  HookProvider provider;
  const TestProject project(open_server());
  put_crm(project, provider, subscribing() + unsubscribe);
  project.deploy("w", on_hook);
  connect(project);
  enable(project);
  REQUIRE(becomes(project, "active"));
  put_crm(project, provider, subscribing() + unsubscribe + R"(, "description": "the same")");
  put_crm(project, provider, subscribing(R"(, "lifetime": "30d")") + unsubscribe);
  REQUIRE(poll_until([&] { return provider.ended() == 1; }));
  CHECK(provider.made() == 2);
  CHECK(provider.hooks().size() == 1);
}
