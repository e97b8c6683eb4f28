#include "runtime/webhooks/subscription.h"

#include "runtime/integrations/subscription_request.h"
#include "tests/unit/runtime/webhooks/one_webhook.h"

#include <algorithm>

namespace millrace {
namespace {

const Instant noon{Millis(1'700'000'000'000)};

const std::string hooks = R"("subscribe": {"request": {"method": "POST", "path": "/hooks",
  "body": {"url": "{{subscription.url}}", "by": "{{account.team}} {{settings.room}} {{user.id}} {{secrets.KEY}}"}},
  "keep": {"id": "response.body.id", "secret": "response.headers.x-secret", "expires": "response.body.until"}},
  "find": {"request": {"method": "GET", "path": "/hooks"}, "items": "response.body.items", "url": "config.url"},
  "renew": {"request": {"method": "PATCH", "path": "/hooks/{{subscription.id}}"}, "before": "1h"},
  "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}?k={{subscription.intent}}"}})";

HttpResponse answer(const std::string& body, std::vector<HttpHeader> headers = {}) {
  HttpResponse response;
  response.status = 200;
  response.headers = std::move(headers);
  response.headers.push_back({"content-type", "application/json"});
  response.body = std::make_shared<const std::string>(body);
  return response;
}

std::vector<std::string> paths_of(const std::string& more, const std::string& scope = "user") {
  std::vector<std::string> paths;
  for (const auto& each : webhook_findings(R"({"w": {"scope": ")" + scope + "\", " + more + "}}")) {
    paths.push_back(each.path);
  }
  return paths;
}

bool refuses(const std::string& more, const std::string& path, const std::string& scope = "user") {
  const auto paths = paths_of(more, scope);
  return std::find(paths.begin(), paths.end(), "/webhooks/w/" + path) != paths.end();
}

TEST_CASE("what is kept of an answer is what its definition names, and what is there") {
  const Webhook webhook = webhook_of(hooks);
  REQUIRE(webhook.subscription != nullptr);
  const auto kept =
      kept_of(webhook.subscription->keep,
              answer(R"({"id": 7, "until": "2026-01-01T00:00:00Z"})", {{"x-secret", "s3cr3t"}}));
  REQUIRE(kept.ok());
  CHECK(to_text(*kept) == R"({"expires":"2026-01-01T00:00:00Z","id":7,"secret":"s3cr3t"})");
  const auto less = kept_of(webhook.subscription->keep, answer("no JSON"));
  CHECK((less.ok() && less->empty()));
  CHECK_FALSE(kept_of(webhook.subscription->keep,
                      answer(R"({"id": ")" + std::string(20'000, 'x') + R"("})"))
                  .ok());
}

TEST_CASE("a subscription is found by the end of the URL that it calls") {
  const Webhook webhook = webhook_of(hooks);
  const auto list = answer(R"({"items": [{"id": "a", "config": {"url": "https://x/hooks/1"}},
    {"id": "b", "config": {"url": "https://x/hooks/2"}}, 3, {"id": "c"}]})");
  const auto found = found_in(*webhook.subscription, list, "/hooks/2");
  REQUIRE((found.ok() && found->has_value()));
  CHECK(to_text(**found) == R"({"id":"b"})");
  const auto none = found_in(*webhook.subscription, list, "/hooks/3");
  CHECK((none.ok() && !none->has_value()));
  CHECK_FALSE(found_in(*webhook.subscription, answer("{}"), "/hooks/1").ok());
}

TEST_CASE("a time says by its form what it is") {
  const auto expires = [](const char* json) { return expiry_of(*parse_json(json), noon); };
  const Instant then{Millis(1'800'000'000'000)};
  CHECK(expires(R"("2027-01-15T08:00:00Z")") == then);
  CHECK(expires("1800000000") == then);
  CHECK(expires("1800000000000") == then);
  CHECK(expires(R"("1800000000000")") == then);
  CHECK(expires("604800") == noon + std::chrono::hours(7 * 24));
  CHECK(expires("1.5") == noon + Millis(1'500));
  for (const char* const none : {"null", "-1", "0", R"("soon")", "true", "1e300", "[]"}) {
    CAPTURE(none);
    CHECK_FALSE(expires(none).has_value());
  }
}

TEST_CASE("a subscription is renewed some time before its end, but not at once") {
  const Webhook webhook = webhook_of(hooks);
  const auto renewed = [&](Millis left) {
    return renewal_of(*webhook.subscription, noon + left, noon) - noon;
  };
  CHECK(renewed(std::chrono::hours(10)) == std::chrono::hours(9));
  CHECK(renewed(std::chrono::minutes(30)) == std::chrono::minutes(15));
  CHECK(renewed(Millis(-5)) == Millis(0));
}

TEST_CASE("a request about a subscription knows the account, and stays on its path") {
  const auto json = parse_json(with_webhooks(R"({"w": {"scope": "user", )" + hooks + "}}"));
  const auto integration = compile_integration("crm", *json);
  REQUIRE(integration.ok());
  const auto& subscription = *(*integration)->webhooks.at("w").subscription;
  Credential account;
  account.user = UserId("ada");
  account.provider_data = JsonObject{{"team", "t1"}};
  account.shared_settings = JsonObject{{"room", "r1"}};
  const ProjectId project("p");
  const JsonObject meta;
  const SecretSource secrets = [](const std::string& name) { return name + "-value"; };
  const SubscriptionAsker asker{**integration, account, project, meta, secrets};
  const JsonObject values{{"url", "https://us.example/hooks/1"},
                          {"id", "../a b"},
                          {"intent", "i-1"},
                          {"secret", "s3cr3t"}};
  Redaction redaction;
  const auto made = subscription_request(subscription.subscribe, asker, values, redaction);
  REQUIRE(made.ok());
  CHECK(made->url == "https://api.crm.example/hooks");
  CHECK(*made->body == R"({"url":"https://us.example/hooks/1","by":"t1 r1 ada KEY-value"})");
  CHECK(redaction.apply("KEY-value s3cr3t") == "[secret KEY] [subscription.secret]");
  // Of an account that has connected with a key, its provider has said nothing: its settings serve.
  account.provider_data = JsonObject();
  account.shared_settings["team"] = "t2";
  const auto keyed = subscription_request(subscription.subscribe, asker, values, redaction);
  REQUIRE(keyed.ok());
  CHECK(*keyed->body == R"({"url":"https://us.example/hooks/1","by":"t2 r1 ada KEY-value"})");
  const auto ended = subscription_request(*subscription.unsubscribe, asker, values, redaction);
  REQUIRE(ended.ok());
  CHECK(ended->url == "https://api.crm.example/hooks/..%2Fa%20b?k=i-1");
}

TEST_CASE("what a subscription cannot have is a finding") {
  const std::string ask = R"("request": {"method": "POST", "path": "/h")";
  CHECK(refuses(R"("renew": {"before": "1h"})", "renew"));
  CHECK(refuses(R"("subscribe": {)" + ask +
                    R"(, "body": "{{subscription.idd}}"}, "keep": {"id": "response.body.id"}})",
                "subscribe/request/body"));
  CHECK(refuses(R"("subscribe": {)" + ask + R"(, "body": "{{trigger.x}}"}})",
                "subscribe/request/body"));
  CHECK(refuses(R"("subscribe": {)" + ask + R"(}, "keep": {"url": "response.body.url"}})",
                "subscribe/keep/url"));
  CHECK(
      refuses(R"("subscribe": {)" + ask + R"(}, "keep": {"id": "body.id"}})", "subscribe/keep/id"));
  CHECK(refuses(R"("subscribe": {)" + ask + R"(}}, "renew": {"before": "1h"})", "renew"));
  CHECK(refuses(R"("subscribe": {)" + ask + R"(}, "retries": 3})", "subscribe/retries"));
  CHECK(refuses(R"("subscribe": {)" + ask + R"(}}, "find": {)" + ask + R"(}})", "find/items"));
  CHECK(refuses(
      R"("route": "body.a", "subscribe": {)" + ask +
          R"(}}, "verify": {"type": "value", "in": "headers.x", "secret": "{{subscription.secret}}"})",
      "verify", "app"));
}

}  // namespace
}  // namespace millrace
