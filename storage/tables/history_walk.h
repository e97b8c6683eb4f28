#pragma once
// A walk over all of a project's executions in pieces, each of which may be another process's: from the key of
// the last row of the piece before. Shard after shard, within a shard by the time of the start, so the runs of
// one user come in their order. Rows that are written meanwhile are met or not.

#include "runtime/base/execution_id.h"
#include "runtime/execution/execution_summary.h"
#include "storage/ordered_store.h"

#include <functional>
#include <string>

namespace millrace::storage {

struct HistoryPiece {
  std::string walked_to;  // the key of the last row that was looked at
  bool is_through = false;
};

/// Looks at up to `rows_max` rows behind `walked_to` (empty: from the beginning). `visit` returns false to stop
/// behind this row. A damaged row is passed over, so that it keeps no other one back. Errors: those of the store.
Result<HistoryPiece> walk_history(const OrderedStore& store, const ProjectId& project,
                                  std::string walked_to, std::size_t rows_max,
                                  const std::function<bool(const ExecutionSummary&)>& visit);

}  // namespace millrace::storage
