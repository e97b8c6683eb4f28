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
