#include "runtime/definitions/frozen_integrations.h"
#include "runtime/integrations/stored_integration.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/webhooks/delivery.h"
#include "tests/unit/runtime/definitions/compile_text.h"
#include "tests/unit/runtime/webhooks/one_webhook.h"

#include <algorithm>

namespace millrace {
namespace {

bool finds(const std::vector<ErrorDetail>& findings, const std::string& path,
           const std::string& text) {
  return std::any_of(findings.begin(), findings.end(), [&](const ErrorDetail& each) {
    return each.path == path && each.message.find(text) != std::string::npos;
  });
}

TEST_CASE("all findings about webhooks and triggers come at once, with the nearest names") {
  const auto findings = webhook_findings(
      R"({"a": {"scope": "app", "verify": {"type": "hmak"}, "deliveryId": "haeders.x"},
          "b": {"scope": "user", "events": "body", "ignore": [[{"variable": "{{evnt.a}}", "operator": "Exists"}]],
                "subscribe": {}, "challange": "body.c",
                "verify": {"type": "signature", "header": "x y", "format": "{sig}", "signed": "{bdy}",
                           "secret": "{{subscription.secret}}"}},
          "c": {"scope": "user", "route": "body.a", "verify": {"type": "custom", "code": "() => 1"}},
          "d": {"scope": "user", "verify": {"type": "value", "in": "headers.x", "secret": "{{subscription.secret}}"}}})",
      R"({"t": {"webhook": "aa", "load": {}, "when": [[{"variable": "{{steps.a}}", "operator": "Exists"}]]},
          "p": {"poll": {}, "webhook": "a"}})");
  CHECK(finds(findings, "/webhooks/a/route", "one URL serves all accounts"));
  CHECK(finds(findings, "/webhooks/a/verify/type", ""));
  const auto type = std::find_if(findings.begin(), findings.end(), [](const ErrorDetail& each) {
    return each.path == "/webhooks/a/verify/type";
  });
  CHECK(type->nearest == "hmac");
  CHECK(type->expected == "`hmac`, `signature`, `basic`, `value`, `jwt` and `code`");
  CHECK(finds(findings, "/webhooks/a/deliveryId", "a path into the delivery"));
  CHECK(finds(findings, "/webhooks/b/events", "`[*]`"));
  CHECK(finds(findings, "/webhooks/b/ignore/0/0/variable", "sees the delivery alone"));
  CHECK(finds(findings, "/webhooks/b/subscribe/request", ""));
  CHECK(finds(findings, "/webhooks/b/challange", ""));
  CHECK(finds(findings, "/webhooks/b/verify/header", "no name of a header"));
  CHECK(finds(findings, "/webhooks/b/verify/format", "{signature}"));
  CHECK(finds(findings, "/webhooks/b/verify/signed", "did you mean `{body}`"));
  CHECK(finds(findings, "/webhooks/d/verify", "the webhook has no `subscribe`"));
  CHECK(finds(findings, "/webhooks/c/route", "URL of its own"));
  CHECK(finds(findings, "/webhooks/c/verify/type", "must be one of"));
  CHECK(finds(findings, "/triggers/t/webhook", "no webhook `aa`"));
  CHECK(finds(findings, "/triggers/t/load/action", ""));
  CHECK(finds(findings, "/triggers/t/when/0/0/variable", "sees the delivery alone"));
  CHECK(finds(findings, "/triggers/p/poll", "not both"));
}

TEST_CASE("a signature that would prove nothing is a finding") {
  const auto refused = [](const std::string& more) {
    return !webhook_findings(
                R"({"w": {"scope": "user", "verify": {"type": "signature", "header": "x",
      "secret": "s", )" +
                more + "}}}")
                .empty();
  };
  CHECK(refused(R"("signed": "{timestamp}")"));
  CHECK(refused(R"("signed": "{timestamp}{body}")"));
  CHECK(refused(R"("format": "t={timestamp},v1={signature}", "signed": "{body}")"));
  CHECK(refused(R"("format": "{signature}x", "signed": "{body}")"));
}

TEST_CASE("a stored integration with webhooks that cannot be read serves without them") {
  const auto json = parse_json(with_webhooks(
      R"({"old": {"whatever": 1}, "new": {"scope": "user"}})", R"({"t": {"webhook": "new"}})"));
  CHECK_FALSE(compile_integration("crm", *json).ok());
  const auto stored = compile_stored_integration("crm", *json);
  REQUIRE(stored.ok());
  CHECK((*stored)->webhooks.size() == 1);
  CHECK((*stored)->triggers.size() == 1);
  CHECK(read_frozen_integrations(JsonObject{{"crm", *json}}).ok());
}

TEST_CASE("an envelope has one event for each element, each with an id of its own") {
  const Webhook webhook = webhook_of(R"("events": "body.list[*]", "route": "event.account",
    "deliveryId": "event.id")",
                                     "app");
  DeliveryParts parts;
  parts.body = *parse_json(R"({"list": [{"id": 7, "account": "a"}, {"id": "x", "account": 5}]})");
  const auto events = events_of(webhook, parts);
  REQUIRE(events.ok());
  REQUIRE(events->size() == 2);
  CHECK(delivery_id_of(webhook, parts, (*events)[0], 0) == "7");
  CHECK(text_at(*webhook.route, parts, (*events)[1]) == "5");
  parts.body = *parse_json(R"({"list": {"id": 1}})");
  CHECK(events_of(webhook, parts)->size() == 1);
  parts.body = JsonObject();
  CHECK(events_of(webhook, parts)->empty());
  parts.body = JsonObject{{"list", JsonArray(limits::delivery_elements_max + 1)}};
  CHECK(events_of(webhook, parts).error().code == ErrorCode::limit_exceeded);
  // An id that all have in common is made each one's own.
  const Webhook common = webhook_of(R"("events": "body[*]", "deliveryId": "headers.X-Id")");
  parts.headers = JsonObject{{"x-id", "d"}};
  CHECK(delivery_id_of(common, parts, Json(), 0) != delivery_id_of(common, parts, Json(), 1));
}

TEST_CASE("a challenge is answered with its value, as text or as JSON") {
  DeliveryParts parts;
  parts.body = JsonObject{{"challenge", "abc"}};
  parts.query = JsonObject{{"validationToken", "t+1"}};
  const auto short_form = answer_challenge(webhook_of(R"("challenge": "body.challenge")"), parts);
  REQUIRE(short_form.ok());
  CHECK((*short_form)->body == "abc");
  CHECK((*short_form)->content_type == "text/plain; charset=utf-8");
  CHECK(
      (*answer_challenge(
           webhook_of(R"("challenge": {"in": "query.validationToken", "answer": "text"})"), parts))
          ->body == "t+1");
  CHECK((*answer_challenge(webhook_of(R"("challenge": {"in": "body.challenge", "answer": "json"})"),
                           parts))
            ->body == R"({"challenge":"abc"})");
  parts.body = JsonObject();
  CHECK_FALSE(answer_challenge(webhook_of(R"("challenge": "body.challenge")"), parts)->has_value());
  parts.body = JsonObject{{"challenge", std::string(limits::challenge_bytes_max + 1, 'x')}};
  CHECK_FALSE(answer_challenge(webhook_of(R"("challenge": "body.challenge")"), parts).ok());
}

TEST_CASE("a challenge may bring the secret of its webhook, unless a subscription has it") {
  const std::string verify =
      R"("verify": {"type": "hmac", "header": "x-s", "secret": "{{subscription.secret}}"})";
  const Webhook kept =
      webhook_of(R"("challenge": {"in": "body.token", "keep": "secret"}, )" + verify);
  CHECK(kept.challenge->is_kept);
  CHECK_FALSE(webhook_of(R"("challenge": "body.token")").challenge->is_kept);
  const auto findings = webhook_findings(
      R"({"a": {"scope": "user", "challenge": {"in": "body.token", "keep": "token"}},
          "b": {"scope": "user", "challenge": {"in": "body.token", "keep": "secret"},
                "subscribe": {"request": {"method": "POST", "path": "/hooks"}}},
          "c": {"scope": "user", "challenge": "body.token", )" +
          verify + "}}",
      "{}");
  CHECK(finds(findings, "/webhooks/a/challenge/keep", ""));
  CHECK(finds(findings, "/webhooks/b/challenge", "a webhook that subscribes"));
  CHECK(finds(findings, "/webhooks/c/verify", "the webhook has no `subscribe`"));
}

// --- workflows ------------------------------------------------------------------------------------

IntegrationSet crm_with_triggers() {
  IntegrationSet made;
  const auto json = parse_json(with_webhooks(R"({"events": {"scope": "user"}})", R"({
    "recordCreated": {"webhook": "events", "when": [[{"variable": "{{event.type}}",
      "operator": "StringExactlyMatches", "argument": "{{parameters.type}}"}]]},
    "recordPolled": {"poll": {"request": {"method": "GET", "path": "/{{parameters.type}}"},
      "items": "response.body", "itemId": "id"}, "wake": "events"}})"));
  const auto put = made.put("crm", *json);
  if (!put) FAIL(put.error().details.at(0).path + put.error().details.at(0).message);
  return made;
}

Result<std::shared_ptr<const Workflow>> compile_on(const std::string& trigger) {
  const auto crm = crm_with_triggers();
  return compile_workflow(*parse_json(R"({"integration": "crm", "trigger": )" + trigger +
                                      R"(, "steps": [{"id": "a", "type": "response",
                                        "body": "{{trigger.result.body.id}}"}]})"),
                          test_identity(), &crm);
}

TEST_CASE("a workflow names a webhook or a trigger of its integration, also by its intent") {
  CHECK(compile_on(R"({"type": "webhook", "webhook": "events"})").ok());
  for (const char* const name : {"recordCreated", "RECORD_CREATED", "CRM_TRIGGER_RECORD_CREATED"}) {
    const auto compiled =
        compile_on(R"({"type": "integration", "parameters": {"type": "lead"}, "trigger": ")" +
                   std::string(name) + "\"}");
    REQUIRE(compiled.ok());
    const auto& trigger = std::get<IntegrationTrigger>((*compiled)->trigger);
    CHECK(trigger.webhook == "events");
    CHECK(*holds(trigger.when, {}, JsonObject{{"type", "lead"}}, trigger.parameters));
    CHECK_FALSE(*holds(trigger.when, {}, JsonObject{{"type", "deal"}}, trigger.parameters));
    const auto names = names_of_intents("crm", "recordCreated");
    CHECK(std::find(names.begin(), names.end(),
                    kind_of((*compiled)->trigger).name((*compiled)->trigger)) != names.end());
  }
  CHECK(
      kind_of((*compile_on(R"({"type": "webhook", "webhook": "events"})"))->trigger).history_type ==
      "TRIGGER/ACTION");
}

TEST_CASE("a trigger that is polled brings its poll, and its records are what the workflow sees") {
  const auto compiled = compile_on(
      R"({"type": "integration", "trigger": "recordPolled", "parameters": {"type": "leads"}})");
  REQUIRE(compiled.ok());
  const Poll* const poll = poll_of((*compiled)->trigger);
  REQUIRE(poll != nullptr);
  CHECK(poll->item_id.size() == 1);
  CHECK(kind_of((*compiled)->trigger).outputs((*compiled)->trigger).at(0).inside.empty());
  CHECK((*compiled)->frozen_integration->triggers.at("recordPolled").wake == "events");
  CHECK(poll_of((*compile_on(R"({"type": "webhook", "webhook": "events"})"))->trigger) == nullptr);
}

TEST_CASE("a webhook or trigger that the integration has not is a finding with the nearest name") {
  const auto finding = [](const std::string& trigger) {
    const auto compiled = compile_on(trigger);
    REQUIRE_FALSE(compiled.ok());
    return compiled.error().details.at(0);
  };
  CHECK(finding(R"({"type": "webhook", "webhook": "event"})").nearest == "events");
  CHECK(finding(R"({"type": "integration", "trigger": "recordCreate"})").nearest ==
        "recordCreated");
  CHECK(
      finding(
          R"({"type": "integration", "trigger": "recordCreated", "parameters": "{{settings.a}}"})")
          .path == "/trigger/parameters");
  const auto without = compile_text(R"({"trigger": {"type": "webhook", "webhook": "w"}, "steps": [
    {"id": "a", "type": "response", "body": 1}]})");
  REQUIRE_FALSE(without.ok());
  CHECK_THAT(without.error().details.at(0).message, Catch::Contains("needs an `integration`"));
}

TEST_CASE("references into a delivery are checked") {
  const auto crm = crm_with_triggers();
  const auto compiled = compile_workflow(
      *parse_json(
          R"({"integration": "crm", "trigger": {"type": "webhook", "webhook": "events"}, "steps": [
        {"id": "a", "type": "response", "body": "{{trigger.result.bdy}}"}]})"),
      test_identity(), &crm);
  REQUIRE_FALSE(compiled.ok());
  CHECK(compiled.error().details.at(0).nearest == "body");
}

}  // namespace
}  // namespace millrace
