// The table of trigger kinds, and what others learn from it.

#include "runtime/triggers/trigger_catalog.h"

#include "runtime/reading/object_reader.h"
#include "runtime/triggers/read_trigger.h"
#include "tests/support/catch.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

Trigger trigger_of(const char* text) {
  const auto definition = parse_json(text);
  REQUIRE(definition.ok());
  Findings findings;
  ObjectReader json(*definition, "", "", findings);
  const auto trigger = read_trigger(json);
  REQUIRE(trigger.has_value());
  REQUIRE(findings.empty());
  return *trigger;
}

Result<std::string> no_secrets(const std::string& name) {
  return Error(ErrorCode::secret_missing, "there is no secret " + name);
}

TEST_CASE("every kind is found by its type and knows its own triggers") {
  REQUIRE(trigger_types() == std::vector<std::string>{"request", "event", "webhook", "integration",
                                                      "integrationEnabled", "oauth", "scheduler",
                                                      "poll", "resource"});
  for (const auto& type : trigger_types()) {
    REQUIRE(find_trigger_kind(type) != nullptr);
    REQUIRE(find_trigger_kind(type)->type == type);
  }
  REQUIRE(find_trigger_kind("telepathy") == nullptr);
  const TriggerKind& kind = kind_of(trigger_of(R"({"trigger": {"type": "request"}})"));
  REQUIRE(&kind == &request_trigger_kind);
  REQUIRE(kind.history_type == "TRIGGER/ENDPOINT");
}

TEST_CASE("a request trigger checks the request inside its output and needs no name") {
  const Trigger trigger = trigger_of(
      R"({"trigger": {"type": "request", "bodyValidations": [{"key": "n", "required": true}]}})");
  const TriggerKind& kind = kind_of(trigger);
  const auto output = [](const char* body) {
    return request_output(JsonObject{{"body", *parse_json(body)}});
  };
  REQUIRE(kind.receive(trigger, output(R"({"n": 1})"), no_secrets).ok());
  const auto refused = kind.receive(trigger, output("{}"), no_secrets);
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().code == ErrorCode::invalid_request);
  REQUIRE(refused.error().details.size() == 1);
  const Trigger any = trigger_of(R"({"trigger": {"type": "request"}})");
  REQUIRE(kind.receive(any, output("null"), no_secrets).ok());
  REQUIRE_FALSE(kind.receive(any, JsonObject{{"event", "order"}}, no_secrets).ok());
  REQUIRE_FALSE(kind.receive(any, Json(), no_secrets).ok());
  REQUIRE(kind.name(trigger).empty());
}

TEST_CASE("triggers of accounts need an integration, and tell of the account") {
  for (const char* const type : {"integrationEnabled", "oauth"}) {
    const TriggerKind* const kind = find_trigger_kind(type);
    REQUIRE(kind != nullptr);
    CHECK(kind->is_of_account);
    CHECK(kind->outputs(Trigger()).front().key == "result");
  }
  CHECK(find_trigger_kind("oauth")->history_type == "TRIGGER/OAUTH");
  Credential account;
  account.id = "c1";
  account.provider_id = "p1";
  CHECK(to_text(enabled_output(account)) ==
        R"({"result":{"credentialId":"c1","providerId":"p1"}})");
  CHECK(to_text(sign_in_output(account, {"read"})) ==
        R"({"result":{"credentialId":"c1","providerId":"p1","scopes":["read"]}})");
}

TEST_CASE("an event trigger is found by the event's name, and takes any payload") {
  const Trigger trigger =
      trigger_of(R"({"trigger": {"type": "event", "event": "Contact Created"}})");
  const TriggerKind& kind = kind_of(trigger);
  REQUIRE(&kind == &event_trigger_kind);
  REQUIRE(kind.name(trigger) == "Contact Created");
  const auto received = kind.receive(trigger, JsonObject{{"email", "a"}}, no_secrets);
  REQUIRE(received.ok());
  REQUIRE(to_text(*received) == R"({"email":"a"})");
  REQUIRE(kind.outputs(trigger).empty());
}

TEST_CASE("an event trigger needs the name of an event, which is not too long") {
  const std::vector<std::string> names{R"("")", "7", R"(")" + std::string(129, 'x') + R"(")"};
  for (const std::string& name : names) {
    const auto compiled =
        compile_text(R"({"trigger": {"type": "event", "event": )" + name + R"(}, "steps": [
        {"id": "a", "type": "response", "body": "{{trigger.email}}"}]})");
    REQUIRE_FALSE(compiled.ok());
    REQUIRE(compiled.error().details.at(0).path == "/trigger/event");
  }
}

TEST_CASE("references to a trigger of an unknown kind are not judged") {
  const auto findings = [](const std::string& type) {
    const auto compiled = compile_text(R"({"trigger": {"type": ")" + type + R"("}, "steps": [
        {"id": "a", "type": "response", "body": "{{trigger.event.name}} {{1.event.name}}"}]})");
    REQUIRE_FALSE(compiled.ok());
    return compiled.error().details;
  };
  const auto unknown = findings("telepathy");
  REQUIRE(unknown.size() == 1);
  REQUIRE(unknown[0].path == "/trigger/type");
  REQUIRE(findings("request").size() == 2);
}

}  // namespace
}  // namespace millrace
