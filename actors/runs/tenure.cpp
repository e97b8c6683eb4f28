#include "actors/runs/tenure.h"

namespace millrace {

Result<Tenure> begin_tenure(const ShardOwnership& ownership, const storage::GroupCommit& commits,
                            ShardId shard) {
  const auto fence = ownership.fence(shard);
  if (!fence) return fence.error();
  return Tenure{*fence, commits.generation()};
}

Error shard_moved() {
  return Error(ErrorCode::shard_moved,
               "another node serves this user's runs now, and goes on with them: ask again");
}

}  // namespace millrace
