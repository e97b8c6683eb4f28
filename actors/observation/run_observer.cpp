#include "actors/observation/run_observer.h"

namespace millrace {
namespace {

/// What an event says about itself beyond its kind and time.
struct Details {
  ObservedEvent& seen;
  Instant step_started;

  void operator()(const ExecutionStarted&) const {}
  void operator()(const StepCompleted& event) const {
    attempt_of(event);
    seen.tasks = event.tasks;
  }
  void operator()(const StepFailed& event) const {
    attempt_of(event);
    seen.error = event.code;
    seen.retry_at = event.retry_at;
  }
  void operator()(const PageFetched& event) const {
    attempt_of(event);
    seen.tasks = event.tasks;
  }
  void operator()(const RequestPaused& event) const { attempt_of(event); }
  void operator()(const DelayArmed& event) const { seen.step = event.step; }
  void operator()(const DelayElapsed& event) const {
    seen.step = event.step;
    seen.started = step_started;
  }
  void operator()(const FanOutOpened& event) const { seen.step = event.step; }
  void operator()(const FanOutJoined& event) const {
    seen.step = event.step;
    seen.started = event.started;
    seen.tasks = event.tasks;
  }
  void operator()(const CancelRequested&) const {}
  void operator()(const ExecutionMigrated& event) const { seen.step = event.step; }
  void operator()(const ExecutionEnded& event) const {
    seen.step = event.step.value_or(0);
    seen.status = event.status;
    if (event.status == ExecutionStatus::failed) seen.error = event.code;
  }

  template <class Attempted>
  void attempt_of(const Attempted& event) const {
    seen.step = event.step;
    seen.attempt = event.attempt;
    seen.started = event.started;
  }
};

}  // namespace

ObservedEvent observed(const Event& event, Instant step_started) {
  ObservedEvent seen;
  seen.kind = kind_of(event);
  seen.at = event.at;
  seen.started = event.at;
  std::visit(Details{seen, step_started}, event.body);
  return seen;
}

}  // namespace millrace
