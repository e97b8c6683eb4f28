#include "runtime/execution/plan_request.h"

#include "runtime/execution/branch_machine.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/request_script.h"
#include "tests/support/scripted_dispatch.h"
#include "tests/support/simulated_run.h"
#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;

namespace {

Effect planned(const std::string& steps, const DispatchValues& values) {
  BranchMachine machine(compile_steps(steps), SimulatedRun::id());
  ExecutionStarted started;
  started.project = ProjectId("acme");
  started.user = UserId("ada");
  started.trigger = share(JsonObject());
  started.settings = share(JsonObject());
  started.user_meta = share(JsonObject());
  machine.apply({test_epoch, started});
  return machine.plan(test_epoch, values);
}

ScriptedDispatch connected() {
  ScriptedDispatch values;
  values.connect("crm", {{"token", "t-0-k-e-n"}});
  return values;
}

/// All that is text in it.
std::string everything_in(const SendRequest& effect) {
  std::string text = effect.request.http.method + effect.request.http.url;
  for (const auto& header : effect.request.http.headers) text += header.name + header.value;
  if (const auto* const content = std::get_if<OutgoingContent>(&effect.request.body)) {
    text += std::get<std::string>(*content);
  }
  if (effect.credential) {
    text += effect.credential->credential.integration + effect.credential->credential.id +
            effect.credential->auth.name;
  }
  for (const auto& account : effect.attempt.accounts) text += account.integration + account.id;
  return text;
}

const std::string get_me =
    R"({"id": "get", "type": "request", "integration": "crm", "method": "POST", "path": "/me",
        "body": {"a": 1}})";

}  // namespace

TEST_CASE("a plan names the account and how it authorizes, and holds no token") {
  const auto effect = std::get<SendRequest>(planned(get_me, connected()));
  REQUIRE(effect.credential);
  CHECK(effect.credential->credential == CredentialName{"crm", "account-of-crm"});
  CHECK(effect.credential->auth.kind == IntegrationAuth::Kind::bearer);
  CHECK(everything_in(effect).find("t-0-k-e-n") == std::string::npos);
  // Nor what is looked for: it is added when the attempt is carried out.
  CHECK(effect.attempt.redaction.apply("t-0-k-e-n") == "t-0-k-e-n");
  CHECK(effect.attempt.accounts == std::vector<CredentialName>{{"crm", "account-of-crm"}});
}

TEST_CASE("a plan names the accounts of other steps too, whose secrets a peer may come back with") {
  const std::string others =
      R"({"id": "plain", "type": "request", "method": "GET", "url": "https://log.example"},)";
  const auto effect = std::get<SendRequest>(planned(others + get_me, connected()));
  CHECK_FALSE(effect.credential);
  CHECK(effect.attempt.accounts == std::vector<CredentialName>{{"crm", "account-of-crm"}});
  const std::string function = R"({"id": "f", "type": "function", "code": "() => 1"},)";
  const auto call = std::get<RunFunction>(planned(function + get_me, connected()));
  CHECK(call.attempt.accounts == std::vector<CredentialName>{{"crm", "account-of-crm"}});
}

TEST_CASE("a request to an integration that is not connected fails when it is planned") {
  const auto effect = std::get<RecordEvent>(planned(get_me, no_dispatch_values()));
  CHECK(std::get<StepFailed>(effect.event).code == ErrorCode::credential_missing);
}
