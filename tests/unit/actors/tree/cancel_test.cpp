#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

TEST_CASE("a running execution is cancelled before its next step") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("work") + "," + function_step("later") + "]");
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
  bed.functions->release("work");
  bed.restart();
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
  CHECK(bed.functions->calls("later") == 0);
}

TEST_CASE("the function of an execution that is cancelled is ended") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(bed.eventually([&] { return bed.functions->cancelled() == 1; }));
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
}

TEST_CASE("a sleeping execution is cancelled and its timer wakes nothing") {
  ActorTestBed bed;
  bed.deploy("w", "[" + delay_step("1", "DAYS") + "," + function_step("work") + "]");
  const auto execution = bed.accept("w");
  REQUIRE(bed.eventually([&] {
    return bed.status(execution) == ExecutionStatus::delayed && bed.gateway->stats().runs_live == 0;
  }));
  REQUIRE(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
  CHECK_FALSE(bed.has_timer());
  bed.clock.advance(std::chrono::hours(48));
  bed.restart();
  CHECK(bed.functions->calls("work") == 0);
}

TEST_CASE("a client that waits learns that its run was cancelled") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  bed.functions->hold("work");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w"); });
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  std::optional<ExecutionId> execution;
  REQUIRE(bed.eventually([&] {
    ignore_result(storage::ExecutionTable(bed.store).unfinished(ShardSet::all(),
                                                                [&](const ExecutionSummary& each) {
                                                                  execution = each.id;
                                                                  return true;
                                                                }),
                  "asked again until it is there");
    return execution.has_value();
  }));
  REQUIRE(bed.gateway->cancel(bed.project, *execution).ok());
  client.join();
  REQUIRE(reply->ok());
  const auto* failed = std::get_if<RunFailed>(&**reply);
  REQUIRE(failed != nullptr);
  CHECK(failed->error.code == ErrorCode::cancelled);
}

TEST_CASE("cancelling what has ended or belongs to another project is refused") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  auto ended = bed.gateway->cancel(bed.project, execution);
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().code == ErrorCode::conflict);
  auto foreign = bed.gateway->cancel(ProjectId("other"), execution);
  REQUIRE_FALSE(foreign.ok());
  CHECK(foreign.error().code == ErrorCode::not_found);
}

TEST_CASE("cancelling a fan-out ends its elements too") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function) + "]");
  bed.functions->hold("item");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 2, 3}}});
  REQUIRE(bed.functions->wait_for_calls("item", 3));
  REQUIRE(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
  bed.functions->release("item");
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
}
