#pragma once
// What a run has answered, by its journal: for a trigger that is sent again with its `Idempotency-Key`. Blocks
// on the disk: for request threads.

#include "actors/runs/branch_loader.h"
#include "actors/runs/trigger_reply.h"

#include <optional>

namespace millrace {

class RecordedReplies {
 public:
  RecordedReplies(const storage::OrderedStore& store, WorkflowLibrary& workflows,
                  const storage::Sealer& sealer)
      : store_(store), table_(store), workflows_(workflows), sealer_(sealer) {}

  /// Nothing: the run goes on, and has answered nothing so far. Without a Response step it is answered from
  /// the start. A Response step inside a fan-out is not looked for. Errors: not_found (it was removed), those
  /// of the store, secrets_locked, corrupt_data.
  Result<std::optional<TriggerReply>> find(const ExecutionId& execution) const;

 private:
  const storage::OrderedStore& store_;
  const storage::ExecutionTable table_;
  WorkflowLibrary& workflows_;
  const storage::Sealer& sealer_;
};

}  // namespace millrace
