#pragma once
// Counts the steps of one element of a fan-out by its events alone, without its machine: what has ended, and
// what it stands at. One code counts as events happen, when a run is rebuilt, and in journals of before anything
// was counted. Pure; one thread at a time. Events that name steps which the workflow lacks are a CHECK.

#include "runtime/execution/event.h"
#include "runtime/execution/step_counts.h"
#include "runtime/workflows/workflow.h"

#include <memory>
#include <optional>

namespace millrace {

class StepCounter {
 public:
  /// What an ended fan-out's event says of its elements: counted here, or by the elements themselves.
  enum class Inside : std::uint8_t { counted, left_out };

  StepCounter(std::shared_ptr<const Workflow> workflow, Inside inside)
      : workflow_(std::move(workflow)), inside_(inside) {}

  /// The branch is new: it stands at its first step (no_step: it has none).
  void begin(StepIndex first, Instant at) { stand_at(first, at); }
  /// What the branch has done so far is counted, where it stands with it: there.
  void begin_at(StepIndex step, bool is_delayed) { told_ = now_ = Standing{step, is_delayed}; }
  /// The next event of the branch.
  void meet(const Event& event);
  /// Something else that has changed with it.
  void add(const StepCounts& change) { changes_.add(change); }

  /// What has changed since the last time.
  StepCounts take_changes();
  /// The fan-out that is open behind the last event.
  std::optional<StepIndex> open_fan_out() const;

 private:
  struct Standing {
    StepIndex step = 0;
    bool is_delayed = false;
    bool is_open_fan_out = false;
  };

  // One for each kind that says something about a step; roots alone begin, move, are cancelled and end.
  void on(Instant, const ExecutionStarted&) {}
  void on(Instant at, const StepCompleted& event);
  void on(Instant at, const StepFailed& event);
  void on(Instant at, const PageFetched& event) { stand_at(event.step, at); }
  void on(Instant at, const RequestPaused& event) { stand_at(event.step, at); }
  void on(Instant at, const DelayArmed& event);
  void on(Instant at, const DelayElapsed& event);
  void on(Instant at, const FanOutOpened& event);
  void on(Instant at, const FanOutJoined& event);
  void on(Instant, const CancelRequested&) {}
  void on(Instant, const ExecutionEnded&) {}
  void on(Instant, const ExecutionMigrated&) {}

  const Step& step_at(StepIndex step) const;
  void stand_at(StepIndex step, Instant at);
  void stand_behind(StepIndex step, Instant at);
  StepCount& ended(StepIndex step, Instant started, Instant at);
  void count_inside(const SharedStepCounts& inside);
  StepIndex chosen_by(const ConditionalStep& step, const Json& output, StepIndex rejoin) const;

  const std::shared_ptr<const Workflow> workflow_;
  const Inside inside_;
  StepCounts changes_;
  std::optional<Standing> told_;  // as of the last `take_changes`
  std::optional<Standing> now_;
};

}  // namespace millrace
