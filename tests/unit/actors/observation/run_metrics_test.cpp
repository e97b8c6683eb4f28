#include "actors/observation/run_metrics.h"

#include "actors/observation/observer_list.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/observation/observed_runs.h"

using namespace millrace;

namespace {

std::size_t position_of(std::string_view kind) {
  const auto found = std::find(observed_step_kinds.begin(), observed_step_kinds.end(), kind);
  REQUIRE(found != observed_step_kinds.end());
  return static_cast<std::size_t>(found - observed_step_kinds.begin());
}

}  // namespace

TEST_CASE("each kind of step is observed under its name in definitions") {
  const auto workflow = a_step_of_each_kind();
  for (const Step* const step : workflow->by_index) {
    CHECK(observed_step_kinds[step->config.index()] == definition_type(*step));
  }
}

TEST_CASE("runs are counted when their beginning and their end are durable") {
  RunMetrics metrics;
  const auto workflow = a_step_of_each_kind();
  const ObservedEvent start{.kind = EventKind::execution_started};
  tell(metrics, workflow, {start, end_event(ExecutionStatus::succeeded)});
  tell(metrics, workflow, {start});
  tell(metrics, workflow, {end_event(ExecutionStatus::failed, 0, ErrorCode::function_threw)});
  tell(metrics, workflow, {start, end_event(ExecutionStatus::cancelled)});
  CHECK(metrics.started() == 3);
  CHECK(metrics.ended(ExecutionStatus::succeeded) == 1);
  CHECK(metrics.ended(ExecutionStatus::failed) == 1);
  CHECK(metrics.ended(ExecutionStatus::cancelled) == 1);
}

TEST_CASE("the time of an attempt counts for the kind of its step and for how it ended") {
  RunMetrics metrics;
  const auto workflow = a_step_of_each_kind();
  auto retried = step_event(EventKind::step_failed, 5, Millis(7));
  retried.retry_at = test_epoch + Millis(1'000);
  tell(metrics, workflow,
       {step_event(EventKind::step_completed, 0, Millis(1)),
        step_event(EventKind::step_completed, 1, Millis(2)),
        step_event(EventKind::step_completed, 3, Millis(3)),
        step_event(EventKind::fan_out_joined, 2, Millis(4)),
        step_event(EventKind::delay_elapsed, 4, Millis(300'000)), retried,
        step_event(EventKind::step_failed, 5, Millis(8)),
        step_event(EventKind::step_completed, 6, Millis(9)),
        step_event(EventKind::step_completed, 7, Millis(0))});
  const auto sum = [&](std::string_view kind) {
    return metrics.step_times(position_of(kind)).completed.read().sum;
  };
  CHECK(sum("function") == 4'000);
  CHECK(sum("conditional") == 2'000);
  CHECK(sum("fanOut") == 4'000);
  CHECK(sum("delay") == 300'000'000);
  CHECK(sum("action") == 9'000);
  CHECK(metrics.step_times(position_of("response")).completed.read().count() == 1);
  const auto& requests = metrics.step_times(position_of("request"));
  CHECK(requests.completed.read().count() == 0);
  CHECK(requests.retried.read().sum == 7'000);
  CHECK(requests.failed.read().sum == 8'000);
}

TEST_CASE("what only begins something or stands in its middle takes no time of its own") {
  RunMetrics metrics;
  tell(metrics, a_step_of_each_kind(),
       {step_event(EventKind::delay_armed, 4, Millis(1)),
        step_event(EventKind::fan_out_opened, 2, Millis(1)),
        step_event(EventKind::page_fetched, 5, Millis(1)),
        step_event(EventKind::cancel_requested, 0, Millis(1))});
  for (std::size_t kind = 0; kind < observed_step_kinds.size(); ++kind) {
    CHECK(metrics.step_times(kind).completed.read().count() == 0);
    CHECK(metrics.step_times(kind).failed.read().count() == 0);
  }
}

TEST_CASE("an event of a step that the workflow has not got is left out and does no harm") {
  RunMetrics metrics;
  tell(metrics, a_step_of_each_kind(), {step_event(EventKind::step_completed, 99, Millis(1))});
  CHECK(metrics.started() == 0);
}

TEST_CASE("a list of observers tells each of them everything") {
  RunMetrics first;
  RunMetrics second;
  ObserverList both({&first, &second});
  tell(both, a_step_of_each_kind(), {{.kind = EventKind::execution_started}});
  CHECK(first.started() == 1);
  CHECK(second.started() == 1);
}
