#pragma once
// The pure machine of one branch: the root of an execution, or one element of a fan-out.
//
//      plan(now) ──► Effect ──carried out by an actor──► Event ──► journal ──► apply(event) ──┐
//          ▲                                                                                  │
//          └──────────────────────────────────────────────────────────────────────────────────┘
//
// `apply` is the only place where state changes; `plan` only reads. No clock, no I/O, no randomness
// inside: they come in as arguments and event fields. So a replay of the journal leads to exactly the
// state that the first pass had, and crash recovery, history, tests and production run one code.
// A machine belongs to one thread at a time.

#include "runtime/execution/branch_scope.h"
#include "runtime/execution/dispatch_values.h"
#include "runtime/execution/effect.h"
#include "runtime/execution/event.h"
#include "runtime/requests/pages.h"
#include "runtime/workflows/step_order.h"
#include "runtime/workflows/workflow.h"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct BranchFailure {
  StepIndex step = 0;
  Error error;
};

/// What a run has done under a version that it has left, and what the outputs of its version do not tell: a step that
/// had no counterpart in the next version, or one of another id.
struct LeftStep {
  std::string id{};
  std::string type{};       // as definitions name it
  bool is_request = false;  // its id is in the Idempotency-Key of what was sent
  StepIndex now = no_step;  // its counterpart in the version that the run is on

  bool operator==(const LeftStep&) const = default;
};

class BranchMachine {
 public:
  /// The root branch of an execution; its first event is ExecutionStarted.
  BranchMachine(std::shared_ptr<const Workflow> workflow, const ExecutionId& id);
  /// Element `index` of `fan_out`. `outer` is what the enclosing branch saw when the fan-out opened.
  BranchMachine(std::shared_ptr<const Workflow> workflow, std::shared_ptr<const BranchScope> outer,
                const Step& fan_out, Json instance, std::uint32_t index);

  /// Changes the state. A CHECK refuses events that do not fit it (a bug, or a damaged journal) and
  /// leaves it unchanged.
  void apply(const Event& event);
  /// What the branch wants next. `values` are what only a dispatch may see; its secrets leave the
  /// machine in effects, never in events.
  Effect plan(Instant now, const DispatchValues& values = no_dispatch_values()) const;

  // --- building the events that answer effects --------------------------------------------------
  static StepCompleted function_completed(const Attempt& attempt, Instant started, Json result,
                                          std::vector<ConsoleLine> console);
  struct Answered {
    EventBody event;  // StepCompleted, PageFetched, RequestPaused, or what `attempt_failed` says
    bool must_reconnect = false;  // the provider says that the account's token is worth nothing
  };
  /// A response of any status arrived. `body` is as the workflow sees it (runtime/requests/
  /// response_value.h).
  Answered request_answered(const Attempt& attempt, Instant started, const HttpResponse& response,
                            Json body, Instant now, double jitter) const;
  /// It may not leave before `until`, by the account's limit.
  static RequestPaused request_paused(const Attempt& attempt, Instant started, Instant until);
  struct Failure {
    Error error;
    std::vector<ConsoleLine> console{};
    SharedJson response{};    // of a request that was answered
    Millis wait_at_least{0};  // what the peer asked for
  };
  /// Decides by the step's supervision policy whether and when it is tried again; when a later page
  /// has failed for good, the step completes with the pages before it. `jitter` is in [-1, 1].
  EventBody attempt_failed(const Attempt& attempt, Instant started, Failure failure, Instant now,
                           double jitter) const;

  // --- reading ----------------------------------------------------------------------------------
  /// executing until the branch has ended; for a root, the status of the last ExecutionEnded.
  ExecutionStatus status() const { return status_; }
  bool has_ended() const { return is_final(status_); }
  /// Sleeping in a delay step.
  bool is_delayed() const { return phase_ == Phase::delayed && !has_ended(); }
  const std::optional<BranchFailure>& failure() const { return failure_; }
  /// It has ended, or all that it wants is to end.
  bool is_ending() const {
    return has_ended() || failure_ || cancel_requested_ || current_ == no_step;
  }
  /// Could it go on from there as it is: asleep, between two pages, with a fan-out open?
  bool can_stand_at(const Step& step) const { return fits(phase_, step, pages_.pages > 0); }
  std::uint64_t events_applied() const { return events_applied_; }
  std::uint32_t tasks() const { return tasks_; }
  const Workflow& workflow() const { return *workflow_; }
  const std::shared_ptr<const Workflow>& shared_workflow() const { return workflow_; }
  const BranchScope& scope() const { return *scope_; }
  /// The step the branch stands at, if it has not passed its end.
  const Step* current_step() const;
  std::uint32_t attempt() const { return attempt_; }
  /// How often answers have paused it.
  std::uint32_t pauses() const { return pauses_; }
  /// When the current delay or fan-out began.
  Instant step_started() const { return step_started_; }
  /// Due time of the current delay or retry, or the end of the current step's `timeout`: the one thing a
  /// timer row must stand for.
  std::optional<Instant> waiting_until() const;
  /// The rendered input of the current step, as the task history shows it.
  Json current_input() const;
  /// {"method", "url"} of the request that this step sends next, secrets masked; null for other steps.
  Json current_request_line() const;

  /// Everything of a run that is told apart by its steps counts them over its versions: a step's number is its
  /// index, and in versions that the run has come to behind the steps of those before. In elements: the index.
  StepIndex steps_before() const { return steps_before_; }
  /// In the order in which the versions were left. Of moves that were recorded before this was kept, and are behind a
  /// snapshot, nothing is known.
  const std::vector<LeftStep>& left_steps() const { return left_steps_; }
  /// While a fan-out is open: its elements, rendered, and the scope its children see.
  std::optional<StepIndex> open_fan_out() const;
  /// The number that it opened under, which its elements' paths hold: it keeps it in another version.
  std::optional<StepIndex> open_fan_out_number() const;
  Json fan_out_items() const;
  std::shared_ptr<const BranchScope> freeze_scope() const;

  // --- snapshots (see branch_snapshot.h) --------------------------------------------------------
  friend class BranchSnapshotCodec;

 private:
  enum class Phase : std::uint8_t {  // stored in snapshots: numbers are never reused
    ready = 1,  // the current step is to be run (or the branch is past its end)
    waiting_retry =
        2,  // until due_, for a retry or the end of a pause; left by the next plan at or after it
    delayed = 3,  // until due_; left by DelayElapsed
    fan_out = 4,  // children run; left by FanOutJoined or StepFailed
  };

  void on(const ExecutionStarted& event, Instant at);
  void on(const StepCompleted& event, Instant at);
  void on(const StepFailed& event, Instant at);
  void on(const PageFetched& event, Instant at);
  void on(const RequestPaused& event, Instant at);
  void on(const DelayArmed& event, Instant at);
  void on(const DelayElapsed& event, Instant at);
  void on(const FanOutOpened& event, Instant at);
  void on(const FanOutJoined& event, Instant at);
  void on(const CancelRequested& event, Instant at);
  void on(const ExecutionEnded& event, Instant at);
  void on(const ExecutionMigrated& event, Instant at);

  /// What ran under the version that is left at this moment, and how it is called from now on.
  void leave_steps(const ExecutionMigrated& event);

  bool is_root() const { return is_root_; }
  /// The step, if it is the branch's turn and in one of these phases.
  /// May a branch in this phase stand at that step?
  static bool fits(Phase phase, const Step& step, bool has_pages);
  const Step& require_current(StepIndex step, std::initializer_list<Phase> phases) const;
  void move_to(StepIndex step);
  void move_behind(StepIndex step);
  void take_given_outputs(const ExecutionStarted& event);
  void take_kept_outputs(const ReplayStart& replay);
  StepIndex next_after(const Step& step, const Json& output) const;

  /// When the time of the step that waits is over, if it has a `timeout`.
  std::optional<Instant> deadline() const;
  Effect plan_wait(Instant now) const;
  Effect plan_step(const Step& step, Instant now, const DispatchValues& values) const;
  Effect plan_function_step(const Step& step, Instant now, const DispatchValues& values) const;
  Effect plan_request_step(const Step& step, Instant now, const DispatchValues& values) const;
  bool is_test() const { return scope_->facts()->started.is_test; }
  /// Until when an answer holds the account; nothing: it does not.
  std::optional<Instant> pause_by(const Step& step, const Json& output, Instant now) const;

  std::shared_ptr<const Workflow> workflow_;
  std::optional<ExecutionId> id_;  // root only
  bool is_root_;
  std::optional<BranchScope> scope_;  // empty before ExecutionStarted

  StepIndex current_ = 0;
  Phase phase_ = Phase::ready;
  std::uint32_t attempt_ = 1;
  Instant due_{};
  Instant step_started_{};  // when the current delay or fan-out began
  std::uint32_t fan_out_count_ = 0;
  StepIndex fan_out_number_ = 0;  // of the open one
  StepIndex steps_before_ = 0;
  std::vector<LeftStep> left_steps_;
  PageProgress pages_;        // of the current step
  std::uint32_t pauses_ = 0;  // of the current attempt, by answers
  bool cancel_requested_ = false;
  std::string cancel_reason_;  // empty: not known
  ExecutionStatus status_ = ExecutionStatus::executing;
  std::optional<BranchFailure> failure_;
  std::uint32_t tasks_ = 0;
  std::uint64_t events_applied_ = 0;
};

}  // namespace millrace
