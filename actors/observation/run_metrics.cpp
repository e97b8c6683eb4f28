#include "actors/observation/run_metrics.h"

#include "runtime/base/check.h"

namespace millrace {

void RunMetrics::durable(const DurableEvents& durable) {
  for (const ObservedEvent& event : durable.events) observe(*durable.workflow, event);
}

std::uint64_t RunMetrics::ended(ExecutionStatus status) const {
  CHECK(is_final(status), "a run ends with a final status");
  const auto& count = status == ExecutionStatus::succeeded ? succeeded_
                      : status == ExecutionStatus::failed  ? failed_
                                                           : cancelled_;
  return count.load(std::memory_order_relaxed);
}

void RunMetrics::observe(const Workflow& workflow, const ObservedEvent& event) {
  const auto add_one = [](std::atomic<std::uint64_t>& count) {
    count.fetch_add(1, std::memory_order_relaxed);
  };
  const auto times = [&]() -> StepTimes* {
    // An observer must not throw: what does not fit is left out.
    if (event.step >= workflow.by_index.size()) return nullptr;
    return &steps_[workflow.by_index[event.step]->config.index()];
  };
  const auto took = event.at - event.started;
  switch (event.kind) {
    case EventKind::execution_started:
      return add_one(started_);
    case EventKind::execution_ended:
      if (event.status == ExecutionStatus::succeeded) return add_one(succeeded_);
      return add_one(event.status == ExecutionStatus::failed ? failed_ : cancelled_);
    case EventKind::step_completed:
    case EventKind::delay_elapsed:
    case EventKind::fan_out_joined:
      if (StepTimes* const step = times()) step->completed.record(took);
      return;
    case EventKind::step_failed:
      if (StepTimes* const step = times()) {
        (event.retry_at ? step->retried : step->failed).record(took);
      }
      return;
    case EventKind::delay_armed:  // these begin something, or are in the middle of it
    case EventKind::fan_out_opened:
    case EventKind::page_fetched:
    case EventKind::request_paused:
    case EventKind::cancel_requested:
    case EventKind::execution_migrated:
      return;
  }
}

}  // namespace millrace
