// Whose run has the next free place, by the priority of its workflow.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/unit/actors/tree/starts.h"
#include "tests/unit/actors/tree/workflows.h"

#include <algorithm>

using namespace millrace;

namespace {

ActorOptions places(std::size_t count) {
  ActorOptions options;
  options.live_executions_per_project_max = count;
  return options;
}

/// Workflows "low" (1), "w" (none said) and "high" (9).
void deploy_all(ActorTestBed& bed, const std::string& steps = one_function) {
  const std::string request = R"({"type":"request"},"admission":{"priority":)";
  bed.deploy_on(request + "1}", "low", steps);
  bed.deploy("w", steps);
  bed.deploy_on(request + "9}", "high", steps);
}

/// Triggers a run of each, a millisecond after the other.
std::vector<ExecutionId> accept_all(ActorTestBed& bed, const std::vector<std::string>& workflows,
                                    const std::string& user = "user-1") {
  std::vector<ExecutionId> runs;
  for (const std::string& workflow : workflows) {
    runs.push_back(bed.accept(workflow, JsonObject{}, user));
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

TEST_CASE("the next free place is for the highest priority, and within one for who came first") {
  Starts starts;
  ActorOptions options = places(1);
  starts.note_in(options);
  ActorTestBed bed(options);
  deploy_all(bed);
  bed.functions->hold("work");
  const auto runs = accept_all(bed, {"w", "low", "w", "low", "high", "w", "high"});
  CHECK(bed.summary(runs[1]).priority == 1);
  CHECK(bed.summary(runs[2]).priority == priority_standard);
  CHECK(bed.summary(runs[4]).priority == 9);
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
  CHECK(starts.seen() ==
        std::vector{runs[0], runs[4], runs[6], runs[2], runs[5], runs[1], runs[3]});
}

TEST_CASE("an urgent run of one user goes before what another one has waiting") {
  Starts starts;
  ActorOptions options = places(1);
  starts.note_in(options);
  ActorTestBed bed(options);
  deploy_all(bed);
  bed.functions->hold("work");
  auto runs = accept_all(bed, {"w", "low", "low"}, "busy");
  runs.push_back(bed.accept("high", JsonObject{}, "other"));
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
  CHECK(starts.seen() == std::vector{runs[0], runs[3], runs[1], runs[2]});
}

TEST_CASE("queued runs have their priority after a restart as before") {
  Gate gate;
  Starts starts;
  ActorOptions options = places(1);
  starts.note_in(options);
  ActorTestBed bed(options);
  const OpenAtEnd open_at_end{gate};
  deploy_all(bed);
  bed.functions->hold("work");
  const auto runs = accept_all(bed, {"w", "low", "w", "low", "high", "w", "high"});
  bed.script.on("work", [&](const ScriptedCall& call) {
    gate.stand();
    return echoing()(call);
  });
  bed.restart();
  // One of them is at work, whichever was found first; all others are known to wait.
  CHECK(bed.eventually([&] { return gate.is_taken(); }));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 6; }));
  gate.open();
  CHECK(all_succeed(bed, runs));
  std::vector expected{runs[4], runs[6], runs[0], runs[2], runs[5], runs[1], runs[3]};
  auto order = starts.seen();
  REQUIRE(order.size() == runs.size());
  std::erase(expected, order.front());
  order.erase(order.begin());
  CHECK(order == expected);
}

TEST_CASE("a restart gives a project no more places than its limit") {
  Gate gate;
  ActorTestBed bed;
  const OpenAtEnd open_at_end{gate};
  bed.tenants.limit({.concurrent_steps = 1});
  deploy_all(bed);
  bed.functions->hold("work");
  const auto runs = accept_all(bed, {"w", "w", "w", "w"});
  bed.script.on("work", [&](const ScriptedCall& call) {
    gate.stand();
    return echoing()(call);
  });
  bed.restart();
  CHECK(bed.eventually([&] { return gate.is_taken(); }));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 3; }));
  CHECK(bed.functions->calls("work") == 1);
  gate.open();
  CHECK(all_succeed(bed, runs));
}

TEST_CASE("urgent runs in a queue that is longer than what is held of it do not wait for its end") {
  Starts starts;
  ActorOptions options = places(1);
  options.queue = {.window = 16, .window_per_user = 8};
  starts.note_in(options);
  ActorTestBed bed(options);
  deploy_all(bed);
  bed.functions->hold("work");
  std::vector<ExecutionId> low;
  std::vector<ExecutionId> high;
  for (int i = 0; i < 200; ++i) {
    auto& runs = i % 10 == 9 ? high : low;
    runs.push_back(accept_all(bed, {i % 10 == 9 ? "high" : "low"}).front());
  }
  bed.functions->release("work");
  CHECK(all_succeed(bed, low));
  CHECK(all_succeed(bed, high));
  const auto order = starts.seen();
  REQUIRE(order.size() == 200);
  const auto taken_from = [&](const std::vector<ExecutionId>& some) {
    std::vector<ExecutionId> in_order;
    for (const auto& run : order) {
      if (std::find(some.begin(), some.end(), run) != some.end()) in_order.push_back(run);
    }
    return in_order;
  };
  CHECK(taken_from(high) == high);
  CHECK(taken_from(low) == low);
  // Behind the one that was at work.
  CHECK(std::equal(high.begin(), high.begin() + 8, order.begin() + 1));
  CHECK(order.back() == low.back());
}

TEST_CASE("a run that waited long enough goes before urgent ones that came later") {
  Starts starts;
  ActorOptions options = places(1);
  starts.note_in(options);
  ActorTestBed bed(options);
  deploy_all(bed);
  bed.functions->hold("work");
  auto runs = accept_all(bed, {"w", "low"});
  bed.clock.advance(std::chrono::hours(8) + Millis(1));
  runs.push_back(bed.accept("high"));
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
  CHECK(starts.seen() == runs);
}

TEST_CASE("a run that waits says what goes before it") {
  ActorTestBed bed(places(1));
  deploy_all(bed);
  bed.functions->hold("work");
  const auto runs = accept_all(bed, {"w", "low", "w", "high"});
  const auto of_others = accept_all(bed, {"w", "high"}, "user-2");
  const auto ahead_of = [&](const ExecutionId& run) {
    const auto wait = bed.place_wait(run);
    REQUIRE(wait.has_value());
    CHECK(wait->what == PlaceWait::For::place_of_project);
    CHECK(wait->waiting == 5);
    CHECK(wait->priority == bed.summary(run).priority);
    return wait->ahead;
  };
  CHECK(ahead_of(runs[1]) == 4);
  CHECK(ahead_of(runs[2]) == 2);
  CHECK(ahead_of(runs[3]) == 0);
  CHECK(ahead_of(of_others[0]) == 2);
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
  CHECK(all_succeed(bed, of_others));
}

TEST_CASE("a run that waits for its user's limit counts its user's runs alone") {
  ActorTestBed bed;
  bed.tenants.limit({.concurrent_steps_per_user = 1});
  deploy_all(bed);
  bed.functions->hold("work");
  const auto runs = accept_all(bed, {"w", "low", "high"});
  const auto of_others = accept_all(bed, {"w", "high"}, "user-2");
  const auto wait = bed.place_wait(runs[1]);
  REQUIRE(wait.has_value());
  CHECK(wait->what == PlaceWait::For::place_of_user);
  CHECK(wait->waiting == 2);
  CHECK(wait->ahead == 1);
  bed.functions->release("work");
  CHECK(all_succeed(bed, runs));
  CHECK(all_succeed(bed, of_others));
}

TEST_CASE("runs that wake together have their turn by priority, also after a restart") {
  Gate gate;
  Starts starts;
  ActorOptions options = places(1);
  starts.note_in(options);
  ActorTestBed bed(options);
  const OpenAtEnd open_at_end{gate};
  const std::string sleep_and_work =
      "[" + delay_step("1", "HOURS") + "," + function_step("work") + "]";
  deploy_all(bed, sleep_and_work);
  bed.deploy("first", one_function);
  const auto sleepers = accept_all(bed, {"low", "w", "high", "low", "high"});
  for (const auto& run : sleepers) REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  bed.script.on("work", [&](const ScriptedCall& call) {
    gate.stand();
    return echoing()(call);
  });
  bed.restart();
  const auto first = bed.accept("first");
  bed.clock.advance(std::chrono::hours(1));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_queued == 5; }));
  gate.open();
  CHECK(bed.reaches(first, ExecutionStatus::succeeded));
  CHECK(all_succeed(bed, sleepers));
  auto order = starts.seen();
  order.erase(std::unique(order.begin(), order.end()), order.end());  // a delay ends as a step, too
  CHECK(order ==
        std::vector{first, sleepers[2], sleepers[4], sleepers[1], sleepers[0], sleepers[3]});
}

TEST_CASE("a run keeps the priority of the version it started with, and a later one has the new") {
  ActorTestBed bed(places(1));
  deploy_all(bed);
  bed.functions->hold("work");
  const auto before = accept_all(bed, {"w", "low"});
  bed.deploy_on(R"({"type":"request"},"admission":{"priority":8})", "low", one_function);
  const auto after = bed.accept("low");
  CHECK(bed.summary(before[1]).priority == 1);
  CHECK(bed.summary(after).priority == 8);
  bed.functions->release("work");
  CHECK(all_succeed(bed, before));
  CHECK(bed.reaches(after, ExecutionStatus::succeeded));
  CHECK(bed.summary(after).priority == 8);
}
