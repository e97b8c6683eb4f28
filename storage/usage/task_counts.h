#pragma once
// How many tasks each project has settled in a month of the calendar, exactly. It follows group commit: the commit
// that has a step's result on the disk also counts it, so whatever moment a crash chooses, what is counted is what
// journals hold; a step whose result was lost is counted when it has been done again, once.
//
//   a commit's batches ──► WriteBatch::settled ──► + one row for each project (and month)
//
// That row lies on the lowest of the shards that the commit has the fence of, whoever's rows are there: a project's
// month is the sum of up to 256 rows, and no row is written by two owners. What a shard's row says is in memory from
// the first commit on that has written it; so a commit reads nothing as a rule. The first of a month on a shard
// removes there what is older than `limits::task_months_kept`.
//
// Runs of users that were erased, and of runs that were removed, stay counted; test runs never were. A row that
// cannot be read is left as it is, and what it would have counted is told in the stats.

#include "runtime/base/recent_map.h"
#include "storage/commit_follower.h"
#include "storage/tables/task_count_table.h"
#include "storage/usage/usage_limits.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::storage {

struct TaskCountStats {
  std::uint64_t reads = 0;      // rows that were read to count on from them
  std::uint64_t uncounted = 0;  // tasks that were settled and not counted
};

class TaskCounts final : public CommitFollower {
 public:
  explicit TaskCounts(const OrderedStore& store) : table_(store) {}

  void before(WriteBatch& batch) override;
  void after(const Outcome& outcome) override;

  /// Thread-safe, as all others are not.
  TaskCountStats stats() const { return {reads_, uncounted_}; }

 private:
  /// What a row says, as long as its shard is owned under this epoch.
  struct Count {
    Epoch epoch{};
    std::uint64_t tasks = 0;
  };

  void add(const Fence& fence, const ProjectId& project, const MonthTasks& settled,
           WriteBatch& batch);
  /// Nothing: it cannot be read.
  std::optional<std::uint64_t> counted(const Fence& fence, const ProjectId& project,
                                       CalendarMonth month, const std::string& key,
                                       WriteBatch& batch);

  const TaskCountTable table_;

  // Of the commit thread alone.
  RecentMap<std::string, Count> counts_{limits::task_counts_held};
  /// What the commit that is under way will have made of them.
  std::vector<std::pair<std::string, Count>> in_flight_;
  std::uint64_t uncounted_in_flight_ = 0;

  std::atomic<std::uint64_t> reads_{0};
  std::atomic<std::uint64_t> uncounted_{0};
};

}  // namespace millrace::storage
