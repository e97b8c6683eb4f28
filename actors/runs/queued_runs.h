#pragma once
// Reads the runs of a project that wait for a place from their `unfinished` rows: a queued run is
// durable, so what the project's queue (run_queue.h) does not hold in memory is found here.
// Blocks on the disk: for the storage reader.

#include "runtime/admission/priority.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace millrace {

/// Ids on one shard, both ends included. Ids sort by start time.
struct RunStretch {
  ExecutionId first;
  ExecutionId last;

  bool contains(const ExecutionId& id) const { return first <= id && id <= last; }
  void include(const RunStretch& other);
};

/// Up to `count_max` runs of one user and priority, the earliest ones of the stretch.
struct RunsWanted {
  UserId user;
  RunStretch stretch;
  std::size_t count_max = 0;
  Priority priority = priority_standard;
};

struct QueuedRun {
  ExecutionId execution;
  Instant started{};
};

struct RunsFound {
  RunsWanted wanted;
  std::vector<QueuedRun> runs;  // in start order
  /// Where to go on, when not all of the stretch was read.
  std::optional<ExecutionId> next;
};

/// Whose runs of a priority wait at all: from `from` on (nothing: from the first shard on), of at most
/// `users_max` users.
struct UsersWanted {
  std::optional<ExecutionId> from;
  std::size_t users_max = 0;
  Priority priority = priority_standard;
};

struct WaitingUser {
  UserId user;
  RunStretch stretch;
  std::size_t runs = 0;
};

struct UsersFound {
  std::vector<WaitingUser> users;
  std::optional<ExecutionId> next;  // nothing: that was all
};

/// Rows that one reading looks at, whatever it finds: the others have their turn with the next one.
inline constexpr std::size_t queued_rows_per_reading = 4'096;

/// Runs that sleep are left to their timers. An answer for each of `wanted`, in order.
/// Errors: those of the store. Damaged rows are passed over.
Result<std::vector<RunsFound>> read_queued_runs(const storage::OrderedStore& store,
                                                const ProjectId& project,
                                                const std::vector<RunsWanted>& wanted,
                                                std::size_t rows_max = queued_rows_per_reading);

Result<UsersFound> read_waiting_users(const storage::OrderedStore& store, const ShardSet& shards,
                                      const ProjectId& project, const UsersWanted& wanted,
                                      std::size_t rows_max = queued_rows_per_reading);

}  // namespace millrace
