#pragma once
// Gives each account that has a polled workflow enabled its row (tenants/follow_poll.h): when the workflow is
// deployed, part by part, and again now and then for those that a deploy and an enabling at the same moment have
// both left out. An account that has a row keeps it, so a walk that is broken off begins again from the start.
// Thread-safe for different workflows; blocks on the disk.

#include "actors/scheduling/poll_options.h"
#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/keyed_locks.h"
#include "storage/tables/poll_table.h"
#include "storage/tables/schedule_audience.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace millrace {

class PollWalk {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    const ShardOwnership& ownership;
    const Clock& clock;
    /// Of the rows of accounts, by their keys: whoever writes one from what he has read holds its lock.
    KeyedLocks& locks;
    /// A wake is durable. Returns at once.
    std::function<void(const storage::WakeRow&)> schedule;
  };

  PollWalk(Dependencies dependencies, const PollOptions& options)
      : uses_(std::move(dependencies)), options_(options), table_(uses_.store) {}

  /// Does a part of what the wake of a workflow is for. When to go on; nothing: it is through.
  Result<std::optional<Instant>> serve(const storage::WakeRow& wake);

 private:
  /// Errors: those of the store, shard_moved.
  Outcome begin_polls(const storage::PolledWorkflowRow& row,
                      const std::vector<storage::AudienceMember>& members);
  Outcome end(const storage::WakeRow& wake, const storage::PolledWorkflowRow* row);

  Dependencies uses_;
  const PollOptions& options_;
  const storage::PollTable table_;
  std::mutex mutex_;
  std::map<std::string, std::string> walked_to_;  // of the walks at hand
};

}  // namespace millrace
