#pragma once
// How runs ended and how long they took, by the time at which they started: added up from the heads of the
// history index's blocks. Only a block that an edge of a bucket cuts through is looked into, so the cost
// grows with a 512th of the runs, and with the buckets.

#include "storage/history/duration_histogram.h"
#include "storage/ordered_store.h"
#include "storage/tables/execution_table.h"

#include <optional>
#include <vector>

namespace millrace::storage {

struct StatisticsQuery {
  ProjectId project{};
  std::optional<WorkflowId> workflow{};
  Instant from{};
  Instant to{};     // exclusive, above `from`
  Millis bucket{};  // above 0; (to - from) / bucket is at most limits::statistics_buckets_max
};

struct StatisticsBucket {
  Instant at{};  // where it begins
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  DurationHistogram durations{};  // of all that ended
};

/// One for each stretch of `bucket` from `from` on, empty ones too; the last one may be shorter. Runs that have
/// not ended are in none. As of `indexed_history`: the index must be filled, and held.
Result<std::vector<StatisticsBucket>> indexed_statistics(const OrderedStore& store,
                                                         const StatisticsQuery& query);

}  // namespace millrace::storage
