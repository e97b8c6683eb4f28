#pragma once
// Rebuilds branches from snapshots and journals. Blocks on the disk: runs on the storage reader's
// threads only. Thread-safe.
//
// Errors: not_found (no such execution), corrupt_data (a gap, a damaged page, an event that does not
// fit the state), secrets_locked, and what the library says when the workflow version cannot be compiled.

#include "actors/runs/fresh_runs.h"
#include "actors/runs/loaded_branch.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/history/versions_of_run.h"
#include "storage/tables/execution_table.h"

namespace millrace {

class BranchLoader {
 public:
  BranchLoader(const storage::OrderedStore& store, WorkflowLibrary& workflows,
               const Tenants& tenants, const storage::Sealer& sealer, FreshRuns& fresh)
      : table_(store), workflows_(workflows), tenants_(tenants), sealer_(sealer), fresh_(fresh) {}

  Result<std::optional<ExecutionSummary>> summary(const ExecutionId& execution) const {
    return table_.summary(execution);
  }
  /// The run with the tenant that it runs for, and the secrets that it knows. `fence` is what it will commit
  /// under. One that was stored just now is not read.
  Result<LoadedRun> load_run(const ExecutionId& execution, storage::Fence fence) const;
  /// One element of `fan_out`, which is open in the branch with `outer`'s scope. `secrets` are its run's.
  Result<LoadedBranch> load_child(const ExecutionId& execution, const BranchPath& path,
                                  RunSecrets& secrets, std::shared_ptr<const Workflow> workflow,
                                  const Step& fan_out, std::shared_ptr<const BranchScope> outer,
                                  Json instance) const;

 private:
  Result<LoadedRun> begin(const RunOrder& order) const;
  /// Applies snapshot and journal to a fresh machine, then looks at the children of an open fan-out. `versions`:
  /// what a root's journal moves to.
  Result<LoadedBranch> replay(const ExecutionId& execution, const BranchPath& path,
                              RunSecrets& secrets, BranchMachine machine,
                              const FindVersion& versions) const;
  /// The machine as its snapshot has it; without one, or of a damaged one, nothing.
  Result<std::optional<BranchMachine>> from_snapshot(const ExecutionId& execution,
                                                     const BranchPath& path, RunSecrets& secrets,
                                                     const BranchMachine& machine) const;
  Outcome load_children(const ExecutionId& execution, const BranchPath& path, RunSecrets& secrets,
                        LoadedBranch& branch) const;

  /// A fan-out that an element has opened.
  struct OpenInside {
    std::uint32_t index = 0;  // of the element
    StepIndex step = 0;
    Instant opened{};
  };
  /// What the elements of a fan-out, and those inside them, have done so far.
  struct Counted {
    std::uint32_t tasks = 0;
    StepCounts steps;
  };
  Result<Counted> count_inside(const ExecutionId& execution,
                               const std::shared_ptr<const Workflow>& workflow,
                               const BranchPath& parent, const OpenInside& fan_out) const;

  storage::ExecutionTable table_;
  WorkflowLibrary& workflows_;
  const Tenants& tenants_;
  const storage::Sealer& sealer_;
  FreshRuns& fresh_;
};

}  // namespace millrace
