// Properties of whole runs: random workflows, whose root journals must not depend on how the
// elements of fan-outs interleave, nor on crashes. A failure prints its seed; the seed alone
// repeats it. MILLRACE_PROPERTY_WORKFLOWS is how many workflows are tried, for runs that are longer than
// the suite's.

#include "runtime/definitions/compile_workflow.h"
#include "tests/support/catch.h"
#include "tests/support/journal_listing.h"
#include "tests/support/random_workflow.h"
#include "tests/support/simulated_run.h"

#include <cstdlib>

namespace millrace {
namespace {

const std::uint64_t workflows = [] {
  const char* const given = std::getenv("MILLRACE_PROPERTY_WORKFLOWS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 400;
}();

struct Subject {
  std::shared_ptr<const Workflow> workflow;
  SimulatedWorld world;
};

Subject subject_of(std::uint64_t seed) {
  SeededRandom random(seed);
  RandomWorkflow made = random_workflow(random);
  auto compiled = compile_workflow(made.definition, {ProjectId("acme"), WorkflowId("random"), 1});
  if (!compiled) {
    FAIL("seed " << seed << ": " << compiled.error().message << "\n" << to_text(made.definition));
  }
  SimulatedWorld world(std::move(made.script));
  world.requests = std::move(made.requests);
  return {*compiled, std::move(world)};
}

void begin(SimulatedRun& run) {
  run.start({.trigger = JsonObject{{"request", {{"body", {{"n", 1}}}}}}});
}

/// Times are left out: with a concurrency, which element waits for which depends on the order.
std::string listing(const SimulatedRun& run) {
  std::string text;
  for (const auto& line :
       list_journal(run.workflow(), run.journal().events({}), test_epoch, ListedTimes::hidden)) {
    text += line + '\n';
  }
  return text + std::to_string(run.root().tasks());
}

std::string listing_of(const Subject& subject, SimulatedRun::Options options) {
  SimulatedRun run(subject.workflow, subject.world, options);
  begin(run);
  run.run_to_end();
  return listing(run);
}

/// Whenever anything is done, everything may be lost, with some of what was not yet on disk.
std::string listing_with_losses(const Subject& subject, std::uint64_t seed) {
  SimulatedRun run(subject.workflow, subject.world, {.seed = seed});
  SeededRandom random(seed);
  begin(run);
  for (int crashes = 0; crashes < 12; ++crashes) {
    for (std::size_t moves = random.below(20); moves > 0; --moves) {
      if (run.move()) continue;
      if (const auto due = run.next_due()) run.advance(*due - run.now());
    }
    run.crash_and_reopen(random.one_of(1, 2) ? SimulatedRun::Reopen::by_replay
                                             : SimulatedRun::Reopen::through_snapshot,
                         random.below(4));
  }
  run.run_to_end();
  return listing(run);
}

}  // namespace

TEST_CASE("a run ends alike however its fan-out elements interleave") {
  for (std::uint64_t seed = 1; seed <= workflows; ++seed) {
    const Subject subject = subject_of(seed);
    const std::string expected =
        listing_of(subject, {.seed = seed, .order = SimulatedRun::Order::sequential});
    for (std::uint64_t order = 1; order <= 3; ++order) {
      INFO("workflow seed " << seed << ", order seed " << order);
      REQUIRE(listing_of(subject, {.seed = order}) == expected);
    }
  }
}

TEST_CASE("a run ends alike however often it crashes between two moves") {
  for (std::uint64_t seed = 1; seed <= workflows; ++seed) {
    const Subject subject = subject_of(seed);
    const std::string expected =
        listing_of(subject, {.seed = seed, .order = SimulatedRun::Order::sequential});
    INFO("workflow seed " << seed);
    REQUIRE(listing_of(subject, {.seed = seed, .crashes = SimulatedRun::Crashes::often}) ==
            expected);
  }
}

TEST_CASE("a run ends alike when crashes lose events that were not on disk yet") {
  for (std::uint64_t seed = 1; seed <= workflows; ++seed) {
    const Subject subject = subject_of(seed);
    const std::string expected =
        listing_of(subject, {.seed = seed, .order = SimulatedRun::Order::sequential});
    INFO("workflow seed " << seed);
    REQUIRE(listing_with_losses(subject, seed) == expected);
  }
}

TEST_CASE("a run can be cancelled between any two of its moves") {
  for (std::uint64_t seed = 1; seed <= workflows; ++seed) {
    const Subject subject = subject_of(seed);
    SimulatedRun run(subject.workflow, subject.world, {.seed = seed});
    begin(run);
    for (std::size_t moves = seed % 17; moves > 0; --moves) run.move();
    const bool had_ended = run.root().has_ended();
    run.cancel();
    run.run_to_end();
    INFO("workflow seed " << seed);
    REQUIRE((had_ended || run.status() == ExecutionStatus::cancelled));
    run.crash_and_reopen(SimulatedRun::Reopen::by_replay);
    REQUIRE(run.root().has_ended());
  }
}

TEST_CASE("random workflows reach every end and every kind of step") {
  std::size_t failed = 0;
  std::size_t joined = 0;
  std::size_t waited = 0;
  for (std::uint64_t seed = 1; seed <= workflows; ++seed) {
    const std::string text = listing_of(subject_of(seed), {.seed = seed});
    failed += text.find("ExecutionEnded FAILED") != std::string::npos;
    joined += text.find("FanOutJoined") != std::string::npos;
    waited += text.find("retry in") != std::string::npos;
  }
  CHECK(failed > workflows / 20);
  CHECK(failed < workflows / 2);
  CHECK(joined > workflows / 4);
  CHECK(waited > workflows / 20);
}

}  // namespace millrace
