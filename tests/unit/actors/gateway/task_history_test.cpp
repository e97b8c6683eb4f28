#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

TEST_CASE("a finished run shows every step with what it was given and what it gave") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  auto reply = bed.trigger("w", JsonObject{{"n", 7}});
  REQUIRE(reply.ok());
  const auto execution = std::get<RunResponded>(*reply).execution;
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  CHECK(shown->summary.tasks == 1);
  REQUIRE(shown->steps.size() == 3);
  CHECK(shown->steps[0].id == "trigger");
  CHECK(shown->steps[0].next == std::vector<std::string>{"work"});
  CHECK(shown->steps[1].id == "work");
  CHECK(shown->steps[1].status == "SUCCEEDED");
  CHECK(shown->steps[1].previous == "trigger");
  CHECK(shown->steps[2].type == "ACTION/RESPONSE");
  auto detail = bed.history->step(bed.project, execution, "work");
  REQUIRE(detail.ok());
  CHECK(to_text(detail->input) == R"({"in":{"n":7}})");
  CHECK(to_text(detail->output) == R"({"result":{"in":{"n":7}}})");
}

TEST_CASE("steps inside a fan-out are listed once per element with their index") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function) + "]");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{"a", "b", "c"}}});
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  REQUIRE(shown->steps.size() == 5);
  CHECK(shown->summary.tasks == 3);
  CHECK(shown->steps[2].id == "item.1");
  CHECK(shown->steps[2].indexes == std::vector<std::uint32_t>{1});
  CHECK(shown->steps[4].id == "each");
  auto detail = bed.history->step(bed.project, execution, "item.2");
  REQUIRE(detail.ok());
  CHECK(to_text(detail->input) == R"({"v":"c"})");
}

TEST_CASE("a failed run shows its error at the step and at the run") {
  ActorTestBed bed;
  bed.script.on("work", logging("warn", "careful", throwing("no such lead")));
  bed.restart();
  bed.deploy("w", one_function);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  auto detail = bed.history->step(bed.project, execution, "work");
  REQUIRE(detail.ok());
  CHECK(detail->step.status == "FAILED");
  CHECK(detail->output.at("error").at("code") == "function_threw");
  REQUIRE(detail->console.size() == 1);
  CHECK(detail->console[0].second == "careful");
  auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  REQUIRE(shown->failure);
  CHECK(shown->failure->step == "work");
}

TEST_CASE("a run of another project cannot be seen") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const auto execution = bed.accept("w");
  auto shown = bed.history->show(ProjectId("other"), execution);
  REQUIRE_FALSE(shown.ok());
  CHECK(shown.error().code == ErrorCode::not_found);
}
