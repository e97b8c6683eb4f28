#pragma once
// How what tenants have is committed: every batch names the ownership of its shard as it was when the
// change was begun, before anything was read for it. Thread-safe.

#include "actors/shards/shard_ownership.h"
#include "storage/group_commit.h"

#include <utility>

namespace millrace {

class FencedCommits {
 public:
  FencedCommits(storage::GroupCommit& commits, const ShardOwnership& ownership)
      : commits_(commits), ownership_(ownership) {}

  /// An empty batch that only the shard's owner of this moment may commit. Error: shard_moved.
  Result<storage::WriteBatch> begin(ShardId shard) const {
    const auto fence = ownership_.fence(shard);
    if (!fence) return fence.error();
    storage::WriteBatch batch;
    batch.require(*fence);
    return batch;
  }

  /// Durable when it returns. Blocks on the disk. `lane`: the project to whose turns it belongs, if
  /// nothing of another project's is built on it (see group_commit.h).
  Outcome commit(storage::WriteBatch batch, const ProjectId& lane = {}) const {
    return commits_.commit_and_wait(std::move(batch), lane);
  }
  /// Durable soon; returns at once. Refused when too much waits already.
  bool submit(storage::WriteBatch batch, const ProjectId& lane = {}) const {
    if (commits_.is_full()) return false;
    commits_.submit(std::move(batch), {.urgency = storage::Urgency::lazy, .lane = lane}, {});
    return true;
  }
  /// Returns when all that was submitted is durable or lost. Blocks on the disk.
  void settle() const { ignore_result(commits_.commit_and_wait({}), "only the wait counts"); }

 private:
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
};

}  // namespace millrace
