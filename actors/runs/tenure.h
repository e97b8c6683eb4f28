#pragma once
// Under what an incarnation commits: the claim of its shard, and the generation of the disk. Both are
// taken when a branch is built, before its rows are read, and never looked up again: an actor that lost
// its shard and lives to see it come back must not commit under the new claim, because another owner
// may have gone on with its run in between.

#include "actors/shards/shard_ownership.h"
#include "storage/group_commit.h"

namespace millrace {

struct Tenure {
  storage::Fence fence;
  storage::Generation generation{};
};

/// The one place where the tree asks who owns a shard. Error shard_moved: not this node.
Result<Tenure> begin_tenure(const ShardOwnership& ownership, const storage::GroupCommit& commits,
                            ShardId shard);

/// What whoever waits for a run is told when its shard has gone to another node.
Error shard_moved();

}  // namespace millrace
