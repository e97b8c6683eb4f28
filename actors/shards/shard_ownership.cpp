#include "actors/shards/shard_ownership.h"

#include "runtime/base/check.h"

#include <limits>
#include <string>
#include <vector>

namespace millrace {
namespace {

/// Epochs count up from 1 by one: no store comes to this one.
constexpr Epoch never_given{std::numeric_limits<std::uint64_t>::max()};

std::size_t position(ShardId shard) {
  CHECK(static_cast<std::uint16_t>(shard) < shard_count, "there is no such shard");
  return static_cast<std::size_t>(shard);
}

}  // namespace

ShardOwnership::ShardOwnership(std::span<const ShardId> shards, std::span<const Epoch> epochs) {
  CHECK(shards.size() == epochs.size(), "each shard is owned under an epoch");
  for (std::size_t i = 0; i < shards.size(); ++i) gain(shards[i], epochs[i]);
}

Outcome ShardOwnership::claim(storage::OrderedStore& store, const ShardSet& shards) {
  const std::vector<ShardId> ids = shards.ids();
  const auto epochs = store.claim(ids);
  if (!epochs) return epochs.error();
  CHECK(epochs->size() == ids.size(), "a store claimed other shards than it was asked for");
  for (std::size_t i = 0; i < ids.size(); ++i) gain(ids[i], (*epochs)[i]);
  return Done{};
}

void ShardOwnership::gain(ShardId shard, Epoch epoch) {
  const std::uint64_t word = 2 * static_cast<std::uint64_t>(epoch) + 1;
  std::uint64_t before = load(shard);
  do {
    // Two gains of one epoch are two nodes that believe the same: the fence would let both commit.
    CHECK(word > (before | 1),
          "a shard is gained under an epoch that is not above the earlier ones");
  } while (!words_[position(shard)].compare_exchange_weak(before, word));
}

void ShardOwnership::lose(ShardId shard) { words_[position(shard)].fetch_and(~std::uint64_t{1}); }

ShardSet ShardOwnership::owned() const {
  ShardSet owned;
  for (const ShardId shard : ShardSet::all()) {
    if (owns(shard)) owned.add(shard);
  }
  return owned;
}

Result<storage::Fence> ShardOwnership::fence(ShardId shard) const {
  const std::uint64_t word = load(shard);
  if (is_owned(word)) return storage::Fence{shard, Epoch{word >> 1}};
  return Error(ErrorCode::shard_moved,
               "shard " + std::to_string(static_cast<std::uint16_t>(shard)) +
                   " is served by another node now: send the request again");
}

storage::Fence ShardOwnership::fence_or_refusal(ShardId shard) const {
  const std::uint64_t word = load(shard);
  return {shard, is_owned(word) ? Epoch{word >> 1} : never_given};
}

std::uint64_t ShardOwnership::load(ShardId shard) const { return words_[position(shard)].load(); }

}  // namespace millrace
