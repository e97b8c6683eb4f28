#include "actors/runs/tenure.h"

namespace millrace {

Result<Tenure> begin_tenure(const ShardOwnership& ownership, const storage::GroupCommit& commits,
                            ShardId shard) {
  return Tenure{ownership.fence(shard), commits.generation()};
}

Error shard_moved() {
  return Error(ErrorCode::stale_epoch,
               "another node serves this user's runs now, and goes on with them: ask again");
}

}  // namespace millrace
