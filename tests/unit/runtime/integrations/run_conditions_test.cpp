#include "runtime/integrations/run_conditions.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

struct Connected {
  Connected() {
    integration.type = "crm";
    integration.settings = {{"channel", "text", true}, {"note", "text", false}};
    credential.id = "c1";
    credential.integration = "crm";
    credential.configured_workflows["sync"] =
        JsonObject{{"enabled", true}, {"settings", JsonObject{{"depth", 3}}}};
    credential.shared_settings["channel"] = "#a";
  }

  RunConditions conditions() const {
    RunConditions all;
    all.workflow = WorkflowId("sync");
    all.integration_type = "crm";
    all.integration = &integration;
    all.credential = &credential;
    return all;
  }

  JsonObject& configuration() { return credential.configured_workflows["sync"].get_object(); }

  Integration integration;
  Credential credential;
};

ErrorCode refusal(const RunConditions& conditions) {
  const auto settings = settings_for_run(conditions);
  REQUIRE_FALSE(settings.ok());
  return settings.error().code;
}

SharedCredential account(const std::string& id, bool is_valid, bool is_enabled) {
  auto credential = std::make_shared<Credential>();
  credential->id = id;
  credential->is_valid = is_valid;
  credential->configured_workflows["sync"] = JsonObject{{"enabled", is_enabled}};
  return credential;
}

}  // namespace

TEST_CASE("a run whose conditions all hold sees the workflow's settings over the shared ones",
          "[run_conditions]") {
  Connected user;
  user.credential.shared_settings["depth"] = 1;
  const auto settings = settings_for_run(user.conditions());
  REQUIRE(settings.ok());
  CHECK(Json(*settings) == Json(JsonObject{{"channel", "#a"}, {"depth", 3}}));
}

TEST_CASE("permissions are asked of the user's meta, and what cannot be told does not hold",
          "[run_conditions]") {
  ConditionGroups permissions(1);
  Condition& plan = permissions[0].emplace_back();
  plan.variable = *Template::compile("{{user.meta.seats}}", "");
  plan.op = Operator::number_greater_than;
  plan.argument = *Template::compile(Json(5), "");
  Connected user;
  auto conditions = user.conditions();
  conditions.permissions = &permissions;
  CHECK(refusal(conditions) == ErrorCode::permission_denied);  // never seen
  JsonObject meta{{"seats", 9}};
  conditions.user_meta = &meta;
  CHECK(settings_for_run(conditions).ok());
  meta["seats"] = 5;
  CHECK(refusal(conditions) == ErrorCode::permission_denied);
  meta["seats"] = "many";
  CHECK(refusal(conditions) == ErrorCode::permission_denied);
}

TEST_CASE("a workflow without an integration needs no account", "[run_conditions]") {
  RunConditions conditions;
  conditions.workflow = WorkflowId("sync");
  const auto settings = settings_for_run(conditions);
  REQUIRE(settings.ok());
  CHECK(settings->empty());
}

TEST_CASE("nothing runs for a disabled user, with an integration or without", "[run_conditions]") {
  const Connected user;
  auto conditions = user.conditions();
  conditions.is_user_disabled = true;
  CHECK(refusal(conditions) == ErrorCode::user_disabled);
  conditions.integration_type = "";
  CHECK(refusal(conditions) == ErrorCode::user_disabled);
}

TEST_CASE("an integration that is switched off or gone stops its workflows", "[run_conditions]") {
  Connected user;
  user.integration.is_active = false;
  CHECK(refusal(user.conditions()) == ErrorCode::integration_inactive);
  auto conditions = user.conditions();
  conditions.integration = nullptr;
  CHECK(refusal(conditions) == ErrorCode::integration_inactive);
}

TEST_CASE("an account that is missing or refused is told apart", "[run_conditions]") {
  Connected user;
  auto conditions = user.conditions();
  conditions.credential = nullptr;
  CHECK(refusal(conditions) == ErrorCode::credential_missing);
  user.credential.is_valid = false;
  CHECK(refusal(user.conditions()) == ErrorCode::credential_invalid);
}

TEST_CASE("a workflow runs only where it is enabled", "[run_conditions]") {
  Connected user;
  auto conditions = user.conditions();
  conditions.workflow = WorkflowId("other");
  CHECK(refusal(conditions) == ErrorCode::workflow_disabled);
  user.configuration()["enabled"] = false;
  CHECK(refusal(user.conditions()) == ErrorCode::workflow_disabled);
  user.configuration().erase("enabled");
  CHECK(refusal(user.conditions()) == ErrorCode::workflow_disabled);
}

TEST_CASE("every required setting that is not filled in is named", "[run_conditions]") {
  Connected user;
  user.integration.settings.push_back({"a/b", "number", true});
  for (const Json& unfilled : {Json(nullptr), Json("")}) {
    user.credential.shared_settings["channel"] = unfilled;
    const auto settings = settings_for_run(user.conditions());
    REQUIRE_FALSE(settings.ok());
    CHECK(settings.error().code == ErrorCode::settings_missing);
    REQUIRE(settings.error().details.size() == 2);
    CHECK(settings.error().details[0].path == "/settings/channel");
    CHECK(settings.error().details[1].path == "/settings/a~1b");
    CHECK(settings.error().details[1].expected == "number");
  }
}

TEST_CASE("a workflow's own setting fills what the shared ones leave open", "[run_conditions]") {
  Connected user;
  user.credential.shared_settings.clear();
  user.configuration()["settings"] = JsonObject{{"channel", "#own"}};
  const auto settings = settings_for_run(user.conditions());
  REQUIRE(settings.ok());
  CHECK(settings->at("channel") == Json("#own"));
}

TEST_CASE("false and zero are filled in", "[run_conditions]") {
  Connected user;
  for (const Json& value : {Json(false), Json(0)}) {
    user.credential.shared_settings["channel"] = value;
    CHECK(settings_for_run(user.conditions()).ok());
  }
}

TEST_CASE("of several accounts a run takes a valid one with the workflow enabled",
          "[run_conditions]") {
  const WorkflowId workflow("sync");
  const auto chosen = [&](const std::vector<SharedCredential>& accounts) {
    const auto credential = choose_credential(accounts, workflow);
    return credential == nullptr ? std::string() : credential->id;
  };
  CHECK(chosen({}).empty());
  CHECK(chosen({account("a", false, true)}) == "a");
  CHECK(chosen({account("a", false, true), account("b", true, false)}) == "b");
  CHECK(chosen({account("a", true, false), account("b", true, true), account("c", true, true)}) ==
        "b");
}

TEST_CASE("a workflow's own required settings are asked for beside the integration's",
          "[run_conditions]") {
  Connected user;
  const std::vector<Setting> own{{"list", "text", true}, {"note", "text", false}};
  auto conditions = user.conditions();
  conditions.own_settings = &own;
  const auto refused = settings_for_run(conditions);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::settings_missing);
  REQUIRE(refused.error().details.size() == 1);
  CHECK(refused.error().details[0].path == "/settings/list");
  user.configuration()["settings"] = JsonObject{{"list", "a"}};
  CHECK(settings_for_run(conditions).ok());
}

}  // namespace millrace
