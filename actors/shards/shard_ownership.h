#pragma once
// Which shards this node owns now, and under which epochs. One object per node; every member is
// thread-safe and none waits: a fence is one load.
//
// A fence is taken when what it protects is *built* (a branch from its rows, a write from what was read),
// and kept; it is not asked for again when the commit is made. A shard may be lost and gained again in
// between: then the rows were another node's for a while, and what was built before must not be
// committed under the new epoch. With the old fence the store refuses it (`stale_epoch`).
//
// Losing a shard here is courtesy: it saves work that would be refused. The safety is the epoch in the
// store, so a fence that was taken a moment before `lose` does no harm.

#include "runtime/base/result.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

namespace millrace {

class ShardOwnership {
 public:
  /// Owns none.
  ShardOwnership() = default;
  /// Owns these shards, with their epochs in the same order.
  ShardOwnership(std::span<const ShardId> shards, std::span<const Epoch> epochs);
  ShardOwnership(const ShardOwnership&) = delete;
  ShardOwnership& operator=(const ShardOwnership&) = delete;

  /// Takes these shards from whoever owns them and gains them. An error of the store changes nothing.
  Outcome claim(storage::OrderedStore& store, const ShardSet& shards);

  /// The shard is ours under this epoch, which is above every earlier one.
  void gain(ShardId shard, Epoch epoch);
  /// The shard is not ours any more; losing what is not owned is harmless.
  void lose(ShardId shard);

  bool owns(ShardId shard) const { return is_owned(load(shard)); }
  /// What is owned at some moment during the call, each shard by itself.
  ShardSet owned() const;
  /// What commits to this shard require; `shard_moved` if it is not ours.
  Result<storage::Fence> fence(ShardId shard) const;
  /// The same for whoever learns of a refusal from the commit itself: if the shard is not ours, a fence
  /// that every store answers with `stale_epoch`.
  storage::Fence fence_or_refusal(ShardId shard) const;

 private:
  // One number per shard: twice the epoch of the last gain, plus one while owned. 0: never owned.
  static bool is_owned(std::uint64_t word) { return (word & 1) != 0; }
  std::uint64_t load(ShardId shard) const;

  std::array<std::atomic<std::uint64_t>, shard_count> words_{};
};

}  // namespace millrace
