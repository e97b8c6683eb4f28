// Queues of a project that are longer than what it holds of them in memory.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/starts.h"
#include "tests/unit/actors/tree/workflows.h"

#include <algorithm>

using namespace millrace;

namespace {

ActorOptions small_window(std::size_t places = 1) {
  ActorOptions options;
  options.live_executions_per_project_max = places;
  options.queue = {.window = 16, .window_per_user = 8};
  return options;
}

/// Triggers `count` runs, each a millisecond later, so that their order can be told from their ids.
std::vector<ExecutionId> queue_runs(ActorTestBed& bed, std::size_t count, const char* user) {
  std::vector<ExecutionId> runs;
  for (std::size_t i = 0; i < count; ++i) {
    runs.push_back(bed.accept("w", JsonObject{}, user));
    bed.clock.advance(Millis(1));
  }
  return runs;
}

bool all_succeed(ActorTestBed& bed, const std::vector<ExecutionId>& runs) {
  return std::all_of(runs.begin(), runs.end(), [&](const ExecutionId& run) {
    return bed.reaches(run, ExecutionStatus::succeeded);
  });
}

}  // namespace

TEST_CASE("a single run does not wait for the two thousand of another user") {
  Starts starts;
  ActorOptions options = small_window();
  starts.note_in(options);
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto many = queue_runs(bed, 2'000, "busy");
  const auto single = bed.accept("w", JsonObject{}, "quiet");
  CHECK(bed.gateway->stats().runs_queued == 2'000);
  bed.functions->release("work");
  CHECK(all_succeed(bed, many));
  CHECK(bed.reaches(single, ExecutionStatus::succeeded));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 0; }));

  auto order = starts.seen();
  const auto turn = std::find(order.begin(), order.end(), single);
  CHECK(turn - order.begin() <= 4);
  order.erase(turn);
  CHECK(order == many);  // in start order
}

TEST_CASE("a run is cancelled while it waits in its row alone") {
  ActorTestBed bed(small_window());
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  auto runs = queue_runs(bed, 100, "u");
  const auto cancelled = runs[70];
  CHECK(bed.gateway->cancel(bed.project, cancelled).ok());
  CHECK(bed.status(cancelled) == ExecutionStatus::cancelled);
  runs.erase(runs.begin() + 70);
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
}

TEST_CASE("a long queue survives a restart") {
  ActorTestBed bed(small_window(2));
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  auto runs = queue_runs(bed, 300, "busy");
  for (int i = 0; i < 40; ++i) {
    runs.push_back(bed.accept("w", JsonObject{}, "user-" + std::to_string(i)));
  }
  bed.restart();
  CHECK(all_succeed(bed, runs));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 0; }));
}

TEST_CASE("a long queue survives a crash of its project") {
  ActorTestBed bed(small_window());
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto runs = queue_runs(bed, 200, "u");
  bed.tenants.crash_once();
  CHECK_FALSE(bed.trigger("w", JsonObject{}, "u", Millis(1)).ok());
  CHECK(bed.eventually([&] { return bed.gateway->stats().actor_crashes == 1; }));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 0; }));
  bed.functions->release("work");
  // Two sweeps later every run is old enough to be resumed.
  for (int sweep = 0; sweep < 2; ++sweep) bed.clock.advance(Millis(300'001));
  CHECK(all_succeed(bed, runs));
}

TEST_CASE("runs of a user wait while it has as many at work as it may have") {
  ActorTestBed bed(small_window(10));
  bed.tenants.limit({.concurrent_steps = 5, .concurrent_steps_per_user = 2});
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  auto runs = queue_runs(bed, 50, "busy");
  CHECK(bed.gateway->stats().runs_queued == 48);
  const auto others = queue_runs(bed, 2, "quiet");
  CHECK(bed.gateway->stats().runs_queued == 48);
  CHECK(bed.functions->wait_for_calls("work", 4));
  runs.insert(runs.end(), others.begin(), others.end());
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
}

TEST_CASE("a request beyond the held ones of its project is answered that it was accepted") {
  ActorTestBed bed;
  bed.tenants.limit({.held_responses = 1});
  bed.deploy("responds", one_function_and_response);
  bed.functions->hold("work");
  std::optional<Result<TriggerReply>> first;
  std::thread waits([&] { first = bed.trigger("responds"); });
  CHECK(bed.eventually([&] { return bed.gateway->stats().held_responses == 1; }));
  const auto second = bed.accept("responds");
  bed.functions->release("work");
  waits.join();
  REQUIRE((first.has_value() && first->ok()));
  CHECK(std::holds_alternative<RunResponded>(**first));
  CHECK(bed.reaches(second, ExecutionStatus::succeeded));
  CHECK(bed.gateway->stats().held_responses == 0);
}
