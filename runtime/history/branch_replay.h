#pragma once
// From the journal of one branch to the task history's steps. The journal is replayed through the pure
// machine; each step is reported when its last event is met, with the machine as it stood before: its input can
// be rendered again from there. Elements of fan-outs are branches of their own: the listener learns what they
// see. Pure; the journals come from the caller.

#include "runtime/execution/branch_machine.h"
#include "runtime/history/step_execution.h"
#include "runtime/history/versions_of_run.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// The `stepId` and id of what the trigger gave.
inline constexpr const char* trigger_step_id = "trigger";

/// What the step at which the machine stands was given, rendered anew. Null when there is none, or when
/// it is too much: the step failed of it.
Json shown_input(const BranchMachine& machine);

/// One step. `before` is the machine before the step's last event (or now, if it has not ended);
/// `output` is what references see, null if there is none.
struct StepFinding {
  StepExecution step;
  /// Of the root its number, inside an element its index (versions_of_run.h); nothing: the trigger.
  std::optional<StepIndex> index{};
  const BranchMachine* before = nullptr;
  SharedJson output;
  std::vector<ConsoleLine> console;
};

/// Attempts that were begun again because the server stopped: of which branch, behind how many events, and when.
using RepeatedAttempts = std::multimap<std::pair<BranchPath, std::uint64_t>, Instant>;

/// What a branch's journal does not tell: how a step that has not ended is shown, and what was begun again.
struct BranchContext {
  ExecutionStatus run = ExecutionStatus::executing;    // a final one: it was cut off
  std::optional<Instant> ended{};                      // then
  Instant began{};                                     // the branch, if nothing of it is stored
  std::shared_ptr<const RepeatedAttempts> repeated{};  // of the run; null: none
};

/// A fan-out that a branch has opened: what its elements see.
struct OpenedFanOut {
  StepIndex number = 0;  // that its elements' paths hold
  std::shared_ptr<const Workflow> workflow;
  const Step* step = nullptr;
  std::shared_ptr<const BranchScope> scope;
  std::uint32_t count = 0;
  std::string id;             // of its step execution
  BranchContext inside{};     // of its elements
  SharedStepCounts counts{};  // of the steps inside, once it has ended
  bool lists_failures = false;

  bool is_open() const { return !is_final(inside.run); }
};

class BranchListener {
 public:
  virtual ~BranchListener() = default;
  /// False: `found` is not called for it.
  virtual bool wants(StepIndex /*index: as in the finding*/, const std::string& /*id: as shown*/) {
    return true;
  }
  /// False: inputs and outputs are not measured.
  virtual bool wants_sizes() const { return true; }
  virtual void found(StepFinding&& finding) = 0;
  /// `machine` stands at it.
  virtual Outcome opened(const OpenedFanOut&, const BranchMachine& /*machine*/) { return Done{}; }
};

/// `machine`: of the branch, before its first event. `previous`: the id of the step before it. Errors:
/// corrupt_data, and those of the listener.
Outcome replay_branch(const VersionsOfRun& versions, BranchMachine& machine, const BranchPath& path,
                      const std::vector<Event>& events, std::string previous,
                      const BranchContext& open, BranchListener& listener);

/// Of a root with these events.
BranchContext root_context(const std::vector<Event>& events,
                           std::shared_ptr<const RepeatedAttempts> repeated);

/// What the trigger gave, by a root's first event.
StepFinding trigger_finding(const Workflow& workflow, const Event& started);

}  // namespace millrace
