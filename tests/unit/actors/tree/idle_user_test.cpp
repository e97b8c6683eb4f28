// A message that is passed on to a user actor while its run is just leaving memory.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/unit/actors/tree/workflows.h"

#include <atomic>

using namespace millrace;

TEST_CASE("a run that is woken while it leaves memory is not taken for gone") {
  Gate commits;    // holds the commit thread
  Gate scheduler;  // holds the only thread of the actors
  std::atomic<bool> is_delayed{false};
  ActorOptions options;
  options.scheduler_threads = 1;
  options.idle_sweep = Millis(1);
  options.before_record = [&](const ExecutionId&, const Event& event) {
    if (kind_of(event) == EventKind::delay_armed) is_delayed = true;
    const auto* const completed = std::get_if<StepCompleted>(&event.body);
    if (completed != nullptr &&
        to_text(*completed->output).find("in the way") != std::string::npos) {
      scheduler.stand();
    }
  };
  ActorTestBed bed(options);
  bed.deploy("sleeper", "[" + function_step("work") + "," + delay_step("5", "SECONDS") + "," +
                            function_step("after") + "]");
  bed.deploy("w", "[" + function_step("other") + "]");
  for (const char* step : {"work", "after", "other"}) bed.functions->hold(step);
  const auto execution = bed.accept("sleeper");
  bed.accept("w", "in the way", "user-2");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.functions->wait_for_calls("other", 1));

  bed.commits->submit({}, storage::Urgency::urgent, [&](const Outcome&) { commits.stand(); });
  CHECK(bed.eventually([&] { return commits.is_taken(); }));
  bed.functions->release("work");
  CHECK(bed.eventually([&] { return is_delayed.load(); }));
  bed.functions->release("other");
  CHECK(bed.eventually([&] { return scheduler.is_taken(); }));
  // The run is told that it may leave, then its timer fires, then the actors go on.
  commits.open();
  CHECK(bed.commits->commit_and_wait({}).ok());
  CHECK(bed.eventually([&] { return bed.clock.earliest_wait() == test_epoch + Millis(5'000); }));
  bed.clock.advance(Millis(5'000));
  CHECK(bed.eventually([&] { return bed.clock.earliest_wait() == test_epoch + Millis(30'000); }));
  scheduler.open();

  CHECK(bed.functions->wait_for_calls("after", 1));
  for (int i = 0; i < 50; ++i) {  // time for some sweeps
    CHECK(bed.reaches(bed.accept("w", i, "user-3"), ExecutionStatus::succeeded));
  }
  bed.functions->release("after");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}
