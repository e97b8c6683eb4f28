#pragma once
// Port: is told what has happened to runs once it is on the disk. Metrics, log lines, traces and the live
// stream are views of the journal, and this is where they see it pass by.
//
// What it sees: every event that becomes durable, once for each time it is recorded (an incarnation that
// lost its commit records again what was lost, which nobody saw), and how the run stands in the task history
// each time that changes, which may be without an event of its own: its elements have all gone to sleep. Events of
// one branch come in order; those of a fan-out's elements come before the join that their parent records. A run
// whose journal cannot be continued ends in the history only, without an event.

#include "runtime/base/clock.h"
#include "runtime/execution/branch_path.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <memory>
#include <optional>
#include <span>

namespace millrace {

/// An event without its payload: small values only, so that observing copies no output.
struct ObservedEvent {
  EventKind kind{};
  StepIndex step = 0;         // of step events, and of an end that one step is to blame for
  std::uint32_t attempt = 0;  // of attempts: counts from 1
  Instant started{};          // when the step's attempt, wait or fan-out began; otherwise `at`
  Instant at{};
  std::uint32_t tasks = 0;            // what a step, page or join counts for in the task history
  std::optional<ErrorCode> error{};   // of step_failed, and of an end as failed
  std::optional<Instant> retry_at{};  // of step_failed: another attempt follows
  std::optional<ExecutionStatus> status{};  // of execution_ended: a final one
};

struct RunStanding {
  ExecutionStatus status{};
  Instant at{};
};

/// The events of one batch of one branch. The references live for the call.
struct DurableEvents {
  const ExecutionId& execution;
  const ProjectId& project;
  const UserId& user;
  const std::shared_ptr<const Workflow>& workflow;
  const BranchPath& path;
  std::span<const ObservedEvent> events;  // none: it is about the standing alone
  std::optional<RunStanding> standing{};  // of a root whose line in the task history has changed
};

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// On the commit thread, after the batch is durable and before anybody who waits for it is answered: so
  /// a client that was answered finds its run counted. Must be quick; must not block and not throw.
  virtual void durable(const DurableEvents& events) = 0;
};

/// `step_started`: when the step that the event belongs to began, for events that do not say it.
ObservedEvent observed(const Event& event, Instant step_started);

}  // namespace millrace
