#pragma once
// Many executions replayed, cancelled or moved to another version by one request: a job
// (storage/tables/bulk_job_table.h) that is walked in parts.
//
//   start ─► row and wake, durable ─► part ─► part ─► … ─► through: the row stays for a day
//                                      │ one commit: first rows of the new runs, how far the job has come
//
// Each execution is replayed exactly once: the first rows of its replay and the place behind it in the job are one
// commit. A cancel is a wish that may be repeated: a crash between the wishes of a part and its commit has them
// made again, and a run that was cancelled since the job began counts as accepted; so it is with migrations. An
// execution that is refused keeps none of the others; what is wrong for the moment only (no room, the disk) has the job
// go on later, from there.
//
// Pace: one thread for all jobs of the node, which take turns, and a pause between the parts of each. The runs
// themselves go through the project's queue like all others.
//
// Thread-safe; blocks on the disk: for request threads, and for the thread that serves the wakes.

#include "actors/gateway/migrations.h"
#include "actors/gateway/replay_starter.h"
#include "actors/runs/migration_order.h"
#include "actors/scheduling/bulk_options.h"
#include "actors/tenants/keyed_locks.h"
#include "actors/tenants/unsettled_commits.h"
#include "actors/workers/trouble_log.h"
#include "runtime/base/log.h"
#include "storage/tables/bulk_job_table.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct BulkOrder {
  ProjectId project{};
  storage::BulkKind kind = storage::BulkKind::replay;
  /// At most limits::bulk_ids_max, each once; empty with a filter.
  std::vector<ExecutionId> executions{};
  /// Of those that began before the job; without one `executions` are named.
  std::optional<storage::BulkFilter> filter{};
  ReplayChoice how{};  // of replays
  std::string by{};    // whom the history of those that are cancelled or moved names
  /// Of migrations: not null. With a filter, it is about those of the workflow that are on the version and go on.
  std::shared_ptr<const Migration> migration{};
  std::string step_map{};  // that it was made by, JSON text
  std::optional<Idempotency> idempotency{};
};

struct BulkJob {
  storage::BulkJobRow row;
  bool is_repeated = false;  // an earlier request with the same key has started it
  bool is_through() const { return row.ended.has_value(); }
};

class BulkJobs {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    const ShardOwnership& ownership;
    const ReplayStarter& replays;
    JointStarter& joint;
    Clock& clock;
    Random& random;
    LogSink log;
    /// The wish is on its way; its slot is told when it is durable.
    std::function<std::shared_ptr<OutcomeSlot>(const ExecutionSummary&, const std::string& by)>
        cancel;
    /// Likewise; its slot is told whether it has moved.
    std::function<std::shared_ptr<MigrationSlot>(
        const ExecutionSummary&, std::shared_ptr<const Migration>, const std::string& by)>
        migrate;
    const Migrations& migrations;
    /// A wake is durable. Returns at once.
    std::function<void(const storage::WakeRow&)> schedule;
  };
  BulkJobs(Dependencies dependencies, BulkOptions options);

  /// Durable when it returns; waits up to `patience` for the end of the job. Errors, and then there is no job:
  /// rate_limited (too many of the project are open or kept; it says when to try again), conflict (the key was used for
  /// something else), those of the store.
  Result<BulkJob> start(BulkOrder order, Millis patience);
  /// Error not_found: there is none, or it was through a day ago.
  Result<BulkJob> find(const ProjectId& project, const std::string& id) const;

  const Migrations& migrations() const { return uses_.migrations; }

  /// Does a part of what the wake of a job is for. When to go on; nothing: it is through.
  std::optional<Instant> serve(const storage::WakeRow& wake);

 private:
  using Again = std::optional<Instant>;
  /// The executions of one part, and where the job stands behind each of them.
  struct Part {
    struct Place {
      std::uint64_t done = 0;
      std::string walked_to{};
    };
    std::vector<std::pair<ExecutionId, Place>> executions;
    Place end;  // behind all of them
    bool is_last = false;
  };

  Outcome store_new(const storage::BulkJobRow& row, storage::WriteBatch batch) const;
  Outcome check_room(const ProjectId& project) const;
  Result<BulkJob> wait_for_end(const storage::BulkJobRow& row, bool is_repeated, Millis patience);
  Result<Again> serve_job(const storage::WakeRow& wake);
  Result<Again> drop(const storage::WakeRow& wake, const std::optional<storage::BulkJobRow>& row);
  Result<Part> next_part(const storage::BulkJobRow& row) const;
  /// How many of the part are done; the others wait for something of the moment.
  Result<std::size_t> do_part(storage::BulkJobRow& row, const Part& part,
                              storage::WriteBatch& batch, JointStarter::Orders& orders) const;
  std::size_t replay_part(storage::BulkJobRow& row, const Part& part, storage::WriteBatch& batch,
                          JointStarter::Orders& orders) const;
  std::size_t cancel_part(storage::BulkJobRow& row, const Part& part) const;
  Result<std::size_t> migrate_part(storage::BulkJobRow& row, const Part& part) const;
  /// The wish was not followed: is it all the same as it was wanted, or why not?
  Result<std::optional<ErrorCode>> refusal_of_cancel(const storage::BulkJobRow& row,
                                                     const ExecutionId& execution) const;
  void notify_part();

  Dependencies uses_;
  const BulkOptions options_;
  const storage::BulkJobTable table_;
  const storage::ExecutionTable executions_;
  KeyedLocks creating_;  // by the keys of the jobs
  UnsettledCommits unsettled_;
  TroubleLog trouble_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::uint64_t parts_ = 0;  // that were served
};

}  // namespace millrace
