// Rules hold between two steps: whoever is switched off runs nothing more, however short it sleeps.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

namespace {

Error disabled() { return Error(ErrorCode::user_disabled, "the user is disabled"); }

/// Code and message of why a run was cancelled.
std::string reason_of(const ActorTestBed& bed, const ExecutionId& execution) {
  const auto shown = bed.history->show(bed.project, execution);
  if (!shown || !shown->cancelled) return "none";
  return std::string(wire_name(shown->cancelled->code)) + ": " + shown->cancelled->message;
}

}  // namespace

TEST_CASE("a run whose user is disabled ends before its next step, and says why") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("first") + "," + function_step("second") + "]");
  bed.functions->hold("first");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("first", 1));
  bed.tenants.refuse(disabled());
  bed.functions->release("first");
  REQUIRE(bed.reaches(execution, ExecutionStatus::cancelled));
  CHECK(bed.functions->calls("second") == 0);
  CHECK(reason_of(bed, execution) == "user_disabled: cancelled: the user is disabled");
}

TEST_CASE("a run that naps shortly is met by the rules as well") {
  ActorTestBed bed;
  bed.deploy("w", "[" + delay_step("1", "SECONDS") + "," + function_step("work") + "]");
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.tenants.refuse(Error(ErrorCode::workflow_disabled, "the workflow is not enabled"));
  REQUIRE(bed.eventually([&] {
    bed.clock.advance(Millis(1'000));
    return bed.status(execution) == ExecutionStatus::cancelled;
  }));
  CHECK(bed.functions->calls("work") == 0);
}

TEST_CASE("a run that waits for another attempt is met by the rules as well") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("work", R"("retry":{"delays":["1s"]},)") + "]");
  bed.functions->on("work", throwing("not yet"));
  const auto execution = bed.accept("w");
  REQUIRE(bed.eventually([&] { return bed.has_timer(); }));
  bed.tenants.refuse(Error(ErrorCode::integration_inactive, "the integration is switched off"));
  REQUIRE(bed.eventually([&] {
    bed.clock.advance(Millis(1'000));
    return bed.status(execution) == ExecutionStatus::cancelled;
  }));
  CHECK(bed.functions->calls("work") == 1);
}

TEST_CASE("elements of a fan-out are met by the rules, with an actor and without, at any depth") {
  const std::string call =
      R"({"id":"call","type":"request","method":"POST","url":"https://api.example/a"})";
  const std::string inner = R"({"id":"deep","type":"fanOut","items":[1,2],"steps":[)";
  for (const std::string& steps :
       {element_function + "," + function_step("later"),
        call + "," + element_function + "," + function_step("later"),
        inner + element_function + "," + function_step("later") + "]}"}) {
    ActorTestBed bed;
    bed.deploy("w", "[" + fan_out(steps) + "," + function_step("behind") + "]");
    bed.functions->hold("item");
    const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 2}}});
    REQUIRE(bed.functions->wait_for_calls("item", 2));
    bed.tenants.refuse(disabled());
    bed.functions->release("item");
    REQUIRE(bed.reaches(execution, ExecutionStatus::cancelled));
    CHECK(bed.functions->calls("later") == 0);
    CHECK(bed.functions->calls("behind") == 0);
    CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
  }
}

TEST_CASE("a run that was at its end when its user was disabled has succeeded") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  bed.tenants.refuse(disabled());
  bed.functions->release("work");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE(
    "a run of somebody who is enabled again goes on, and changes that forbid nothing stop "
    "nothing") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("first") + "," + function_step("second") + "]");
  bed.functions->hold("first");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("first", 1));
  bed.tenants.refuse(disabled());
  bed.tenants.refuse(Error(ErrorCode::credential_missing, "no account is connected"));
  bed.functions->release("first");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run that is cancelled says by whom") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.gateway->cancel(bed.project, execution, "API key").ok());
  CHECK(reason_of(bed, execution) == "cancelled: cancelled by API key");
}

// --- what cut-off elements count for --------------------------------------------------------------

namespace {

std::uint32_t tasks(const ActorTestBed& bed, const ExecutionId& execution) {
  return (*storage::ExecutionTable(bed.store).summary(execution))->tasks;
}

/// How many steps of the name are shown as done.
std::uint32_t done(const ActorTestBed& bed, const ExecutionId& execution, const std::string& id) {
  const auto shown = bed.history->show(bed.project, execution);
  std::uint32_t count = 0;
  for (const auto& step : shown->steps) count += step.step.text == id && step.status == "SUCCEEDED";
  return count;
}

}  // namespace

TEST_CASE("the elements of a fan-out that fails count for what they have done") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("work") + "," +
                      fan_out(element_function, R"("concurrency":1,)") + "]");
  bed.functions->on("item", [](const ScriptedCall& call) {
    return to_text(call.parameters) == R"({"v":5})" ? throwing("five")(call) : returning(1)(call);
  });
  JsonArray items;
  for (int i = 0; i < 10; ++i) items.push_back(i);
  const auto execution = bed.accept("w", JsonObject{{"items", std::move(items)}});
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  CHECK(tasks(bed, execution) == 1 + 5);
}

TEST_CASE(
    "the elements of a run that is cancelled count, also inside each other and after a restart") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(function_step("outer") +
                              R"(,{"id":"deep","type":"fanOut","items":[1,2,3],"steps":[)" +
                              function_step("inner") + "," + delay_step("1", "DAYS") + "]}") +
                      "]");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 2}}});
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  bed.restart();
  REQUIRE(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(tasks(bed, execution) == 2 + 6);
  CHECK(done(bed, execution, "outer") + done(bed, execution, "inner") == 8);
}

TEST_CASE("the elements of a fan-out that is out of time count") {
  ActorTestBed bed;
  bed.deploy(
      "w",
      "[" +
          fan_out(
              element_function + "," +
                  R"({"id":"call","type":"request","method":"POST","url":"https://api.example/a"})",
              R"("timeout":"1s",)") +
          "]");
  bed.http->hold("call");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 2, 3}}});
  REQUIRE(bed.http->wait_for_calls("call", 3));
  REQUIRE(bed.eventually([&] {
    bed.clock.advance(Millis(1'000));
    return bed.status(execution) == ExecutionStatus::failed;
  }));
  CHECK(tasks(bed, execution) == 3);
}
