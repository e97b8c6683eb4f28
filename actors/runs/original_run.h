#pragma once
// A run as it is read to be done again: what it began with, and how far it came. It may still be going; then
// this is how far its rows are. Blocks on the disk: never for actors. Thread-safe.

#include "actors/runs/run_secrets.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/execution/branch_machine.h"
#include "runtime/execution/kept_steps.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/execution_table.h"

#include <memory>
#include <optional>

namespace millrace {

struct OriginalRun {
  ExecutionSummary summary;
  std::shared_ptr<const Workflow> workflow;  // its version
  ExecutionStarted started;                  // true values, also of what is stored sealed
  StepOutputs outputs;                       // when they were asked for
  std::optional<BranchMachine> machine{};    // likewise, the root's as far as its rows lead
  bool may_have_begun = false;               // likewise: an attempt of a step
  std::shared_ptr<RunSecrets> secrets;       // that it knows as far as it was read
};

class OriginalRuns {
 public:
  OriginalRuns(const storage::OrderedStore& store, WorkflowLibrary& workflows,
               const storage::Sealer& sealer)
      : table_(store), workflows_(workflows), sealer_(sealer) {}

  enum class Depth : std::uint8_t { beginning, outputs };
  /// Errors: not_found (no such run in this project), workflow_not_deployed (its version is gone),
  /// secrets_locked, corrupt_data, those of the store.
  Result<OriginalRun> read(const ProjectId& project, const ExecutionId& execution,
                           Depth depth) const;

 private:
  const storage::ExecutionTable table_;
  WorkflowLibrary& workflows_;
  const storage::Sealer& sealer_;
};

}  // namespace millrace
