#include "runtime/base/lane_queue.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

TEST_CASE("runs beyond the project's limit are accepted, stored and run later") {
  ActorOptions options;
  options.live_executions_per_project_max = 2;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  std::vector<ExecutionId> executions;
  for (int i = 0; i < 10; ++i) executions.push_back(bed.accept("w"));
  CHECK(bed.gateway->stats().runs_queued == 8);
  CHECK(bed.functions->calls("work") <= 2);
  bed.functions->release("work");
  for (const auto& execution : executions) {
    CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  }
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 0; }));
  CHECK(bed.functions->calls("work") == 10);
}

TEST_CASE("a run that had to wait for a place tells how long it waited") {
  ActorOptions options;
  options.live_executions_per_project_max = 1;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto first = bed.accept("w");
  const auto second = bed.accept("w");
  bed.clock.advance(Millis(1'500));
  bed.functions->release("work");
  CHECK(bed.reaches(first, ExecutionStatus::succeeded));
  CHECK(bed.reaches(second, ExecutionStatus::succeeded));
  const auto waits = bed.gateway->stats().place_wait.read();
  CHECK(waits.count() == 1);
  CHECK(waits.sum == 1'500'000);
}

TEST_CASE("queued runs survive a restart before they had their turn") {
  ActorOptions options;
  options.live_executions_per_project_max = 1;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  std::vector<ExecutionId> executions;
  for (int i = 0; i < 5; ++i) executions.push_back(bed.accept("w"));
  bed.restart();
  for (const auto& execution : executions) {
    CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  }
}

TEST_CASE("whoever asks is told which limit a queued run waits for, and how many wait") {
  ActorOptions options;
  options.live_executions_per_project_max = 1;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto first = bed.accept("w");
  const auto second = bed.accept("w");
  bed.accept("w");
  CHECK_FALSE(bed.place_wait(first).has_value());
  const auto wait = bed.place_wait(second);
  REQUIRE(wait.has_value());
  CHECK(wait->what == PlaceWait::For::place_of_project);
  CHECK(wait->limit == 1);
  CHECK(wait->waiting == 2);
  bed.functions->release("work");
  CHECK(bed.reaches(second, ExecutionStatus::succeeded));
  CHECK(bed.eventually([&] { return !bed.place_wait(second).has_value(); }));
}

TEST_CASE("a run that waits for its user's limit says so, and not that of the project") {
  ActorTestBed bed;
  bed.tenants.limit({.concurrent_steps_per_user = 1});
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto first = bed.accept("w");
  const auto second = bed.accept("w");
  bed.accept("w", JsonObject{}, "user-2");
  const auto wait = bed.place_wait(second);
  REQUIRE(wait.has_value());
  CHECK(wait->what == PlaceWait::For::place_of_user);
  CHECK(wait->limit == 1);
  CHECK(wait->waiting == 1);
  bed.functions->release("work");
  CHECK(bed.reaches(first, ExecutionStatus::succeeded));
  CHECK(bed.reaches(second, ExecutionStatus::succeeded));
}

TEST_CASE("a run of a shard that is another node's waits for its owner") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto run = bed.accept("w");
  bed.ownership->lose(run.shard());
  const auto wait = bed.place_wait(run);
  REQUIRE(wait.has_value());
  CHECK(wait->what == PlaceWait::For::shard_owner);
  bed.functions->release("work");
}

TEST_CASE("queued runs all have their turn though only one at a time may come into memory") {
  ActorOptions options;
  options.live_executions_per_project_max = 4;
  options.entries.at_once_max = 1;
  options.queue = {.window = 16, .window_per_user = 8};
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  std::vector<ExecutionId> executions;
  for (int i = 0; i < 60; ++i) {
    executions.push_back(bed.accept("w", JsonObject{}, "user-" + std::to_string(i % 3)));
    bed.clock.advance(Millis(1));
  }
  bed.functions->release("work");
  for (const auto& execution : executions) {
    CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  }
  bed.restart();
  CHECK(bed.gateway->stats().entry_turns_waiting == 0);
}

TEST_CASE("users take turns in the admission queue whatever their numbers") {
  LaneQueue<UserId, int> queue;
  for (int i = 0; i < 1'000; ++i) queue.push(UserId("busy"), i);
  queue.push(UserId("quiet"), -1);
  queue.push(UserId("quiet"), -2);
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) order.push_back(*queue.pop());
  CHECK(order == std::vector<int>{0, -1, 1, -2, 2});
  CHECK(queue.size() == 997);
}

TEST_CASE("users and projects without runs leave memory and come back when needed") {
  ActorOptions options;
  options.idle_sweep = Millis(1);
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  for (int i = 0; i < 50; ++i) {
    const auto execution = bed.accept("w", JsonObject{}, "user-" + std::to_string(i % 5));
    CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  }
}
