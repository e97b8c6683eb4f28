#pragma once
// From journals to the task history's steps. The journal is replayed through the pure machine; each
// step is reported when its last event is met, with the machine as it stood before: its input can be
// rendered again from there. Pure; the journals come from the caller.

#include "runtime/execution/branch_machine.h"
#include "runtime/history/step_execution.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// What the step at which the machine stands was given, rendered anew. Null when there is none, or when
/// it is too much: the step failed of it.
Json shown_input(const BranchMachine& machine);

class StepHistory {
 public:
  /// Gives the journals of the children of one fan-out, in element order; `take` returns false to stop.
  using TakeChild = std::function<bool(std::uint32_t index, const std::vector<Event>& events)>;
  using ReadChildren =
      std::function<Outcome(const BranchPath& parent, StepIndex fan_out, const TakeChild& take)>;
  /// One step. `before` is the machine before the step's last event (or now, if it has not ended);
  /// `output` is what references see, null if there is none.
  struct Finding {
    StepExecution step;
    const BranchMachine* before = nullptr;
    SharedJson output;
    std::vector<ConsoleLine> console;
  };
  using Visit = std::function<void(Finding&&)>;

  StepHistory(std::shared_ptr<const Workflow> workflow, ExecutionId execution,
              ReadChildren children, Visit visit);

  /// Replays the root journal and whatever lies below it. Errors: corrupt_data, or what reading the
  /// children gave.
  Outcome replay(const std::vector<Event>& root_events);

 private:
  class BranchReplay;
  /// How the whole run stands, so that steps cut off by its end can say so.
  struct RunState {
    ExecutionStatus status = ExecutionStatus::executing;
    std::optional<Instant> ended;
  };

  Outcome replay_branch(BranchMachine& machine, const BranchPath& path,
                        const std::vector<Event>& events, std::string previous,
                        const RunState& run);
  Outcome replay_children(const BranchMachine& machine, const BranchPath& path,
                          const std::string& fan_out_id, const RunState& run);
  StepExecution describe(const Step& step, const BranchPath& path) const;
  void report_trigger(const Event& started);
  /// The steps of a replay that did not run. Returns the id of the last one.
  std::string report_kept(const Event& started, std::string previous);

  std::shared_ptr<const Workflow> workflow_;
  const ExecutionId execution_;
  const ReadChildren read_children_;
  const Visit visit_;
};

}  // namespace millrace
