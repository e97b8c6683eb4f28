#pragma once
// How an execution that has ended is removed: its history row, and everything below its own prefix.
//
// Most runs have a few rows, which are removed one by one: RocksDB keeps ranges that were removed apart from
// rows, and each point read of a write buffer that has many of them sorts them all (100,000: 280 ms a read, beside
// 24 us with their 300,000 rows removed one by one; RocksDB 7.8). Compactions also count removed rows, and clean up
// where there are many. So a range is removed only where the rows are many or large: of fan-outs, and of files.

#include "runtime/execution/execution_summary.h"
#include "storage/ordered_store.h"

#include <cstddef>

namespace millrace {

namespace limits {
/// Rows, and bytes of them, that are read of one run to be removed one by one.
inline constexpr std::size_t removed_rows_each_max = 1'000;
inline constexpr std::size_t removed_bytes_each_max = 1u << 20;
}  // namespace limits

namespace storage {

struct RemovedRun {
  std::size_t rows = 0;   // that were seen: of a range, only its beginning
  std::size_t bytes = 0;  // likewise, keys and values
};

/// Adds the removal of every row of a run that is final and has no timers. Reads its rows, up to the limits.
Result<RemovedRun> remove_run(const OrderedStore& store, WriteBatch& batch,
                              const ExecutionSummary& run);

}  // namespace storage
}  // namespace millrace
