#pragma once
// The line of one run in the task history, kept in step with its journal: a root's mirror. It also counts
// how runs end, and answers whoever still waits when a run ends without a response.
//
// Owned by the root branch, used in its turn.

#include "actors/node_services.h"
#include "actors/tree/branch.h"
#include "runtime/execution/execution_summary.h"
#include "storage/tables/execution_table.h"

namespace millrace {

class RunSummary final : public BranchMirror {
 public:
  /// Of a run that begins: nothing of it is stored.
  RunSummary(ActorStats& stats, const RunOrder& order);
  /// Of a run that was rebuilt.
  RunSummary(ActorStats& stats, ExecutionSummary stored);

  void recorded(const Event& event, const BranchMachine& machine, BranchJournal& journal) override;
  /// What a run that sleeps has done is in its row; while it goes on, a step alone writes none.
  std::optional<ExecutionStatus> add_rows(storage::WriteBatch& batch, bool is_delayed,
                                          std::uint32_t tasks) override;

 private:
  void ended(const ExecutionEnded& how, const BranchMachine& machine, BranchJournal& journal);

  ActorStats& stats_;
  ExecutionSummary summary_;
  bool has_changed_ = false;
  storage::ExecutionTable::Marker marker_;
};

}  // namespace millrace
