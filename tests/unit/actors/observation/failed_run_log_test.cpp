#include "actors/observation/failed_run_log.h"

#include "runtime/workflows/step_order.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/observation/observed_runs.h"

using namespace millrace;

namespace {

struct LoggedRuns {
  void fail(StepIndex step = 0, int times = 1) {
    for (int i = 0; i < times; ++i) {
      tell(log, workflow, {end_event(ExecutionStatus::failed, step, ErrorCode::function_threw)});
    }
  }

  ManualClock clock;
  std::vector<std::string> lines;
  std::shared_ptr<const Workflow> workflow = a_step_of_each_kind();
  FailedRunLog log{clock,
                   [this](LogLevel level, const std::string& line) {
                     if (level == LogLevel::warning) lines.push_back(line);
                   },
                   {.lines_max = 2, .window = Millis(1'000)}};
};

}  // namespace

TEST_CASE("the log names run, workflow, step and code of a run that failed") {
  LoggedRuns runs;
  runs.fail(4);
  REQUIRE(runs.lines.size() == 1);
  CHECK(runs.lines[0] ==
        "run failed: execution 00000000-0000-0000-0000-000000000000, project acme, workflow "
        "lead-to-crm version 3, step wait, code function_threw");
}

TEST_CASE("a run that failed without a step to blame is logged without one") {
  LoggedRuns runs;
  runs.fail(no_step);
  REQUIRE(runs.lines.size() == 1);
  CHECK(runs.lines[0].find("step") == std::string::npos);
}

TEST_CASE("runs that end well or on request and failed attempts leave no line") {
  LoggedRuns runs;
  tell(runs.log, runs.workflow,
       {end_event(ExecutionStatus::succeeded), end_event(ExecutionStatus::cancelled),
        step_event(EventKind::step_failed, 0, Millis(1))});
  CHECK(runs.lines.empty());
}

TEST_CASE("a flood of failures leaves a few lines and then how many are missing") {
  LoggedRuns runs;
  runs.fail(0, 1'000);
  CHECK(runs.lines.size() == 2);
  runs.clock.advance(Millis(999));
  runs.fail();
  CHECK(runs.lines.size() == 2);
  runs.clock.advance(Millis(1));
  runs.fail();
  REQUIRE(runs.lines.size() == 3);
  CHECK_THAT(runs.lines[2], Catch::EndsWith("(999 failed runs before it not logged)"));
  runs.fail();
  REQUIRE(runs.lines.size() == 4);
  CHECK(runs.lines[3].find("not logged") == std::string::npos);
}
