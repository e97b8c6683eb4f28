#pragma once
// The first rows of a run: what makes it exist.

#include "actors/runs/run_order.h"
#include "storage/tables/execution_table.h"

namespace millrace {

ExecutionSummary summary_of(const RunOrder& order);

/// Adds the files that came with the request.
void put_files(storage::WriteBatch& batch, const RunOrder& order);

/// Adds the files, the first journal page and the summary of a run that is stored before it is begun (because
/// its project is at its limit). It goes on like any other unfinished run.
void put_start(storage::WriteBatch& batch, const RunOrder& order, const Event& started);

}  // namespace millrace
