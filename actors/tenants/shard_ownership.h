#pragma once
// Which shards this process owns and under which epochs: the fence of every commit.

#include "runtime/base/check.h"
#include "storage/ordered_store.h"

#include <utility>
#include <vector>

namespace millrace {

class ShardOwnership {
 public:
  /// `epochs` as OrderedStore::claim_all_shards returned them.
  explicit ShardOwnership(std::vector<Epoch> epochs) : epochs_(std::move(epochs)) {
    CHECK(epochs_.size() == shard_count, "an epoch is missing");
  }

  storage::Fence fence(ShardId shard) const {
    return {shard, epochs_[static_cast<std::size_t>(shard)]};
  }

 private:
  std::vector<Epoch> epochs_;
};

}  // namespace millrace
