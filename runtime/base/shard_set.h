#pragma once
// A set of shards as a value: which of them a node owns, or which of them a walk reads. 32 bytes,
// copied freely; iterating gives the shards in ascending order.

#include "runtime/base/shard.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <span>
#include <vector>

namespace millrace {

class ShardSet {
 public:
  /// Visits the members in ascending order. The set must outlive it and stay as it is.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = ShardId;
    using difference_type = std::ptrdiff_t;
    using pointer = const ShardId*;
    using reference = ShardId;

    Iterator() = default;
    ShardId operator*() const { return ShardId{at_}; }
    Iterator& operator++() {
      at_ = set_->next(static_cast<std::uint16_t>(at_ + 1));
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    friend class ShardSet;
    Iterator(const ShardSet* set, std::uint16_t at) : set_(set), at_(at) {}

    const ShardSet* set_ = nullptr;
    std::uint16_t at_ = shard_count;
  };

  /// None.
  ShardSet() = default;
  ShardSet(std::initializer_list<ShardId> shards) {
    for (const ShardId shard : shards) add(shard);
  }
  /// Naming a shard twice is harmless.
  explicit ShardSet(std::span<const ShardId> shards) {
    for (const ShardId shard : shards) add(shard);
  }
  static ShardSet none() { return {}; }
  static ShardSet all() {
    ShardSet set;
    set.words_.fill(~std::uint64_t{0});
    return set;
  }

  void add(ShardId shard) { word(shard) |= bit(shard); }
  void remove(ShardId shard) { word(shard) &= ~bit(shard); }
  bool contains(ShardId shard) const { return (word(shard) & bit(shard)) != 0; }

  bool empty() const { return *this == none(); }
  std::size_t size() const;
  Iterator begin() const { return {this, next(0)}; }
  Iterator end() const { return {this, shard_count}; }
  std::vector<ShardId> ids() const { return {begin(), end()}; }

  /// Union: what is in either.
  friend ShardSet operator|(ShardSet a, const ShardSet& b) {
    for (std::size_t i = 0; i < words; ++i) a.words_[i] |= b.words_[i];
    return a;
  }
  /// Intersection: what is in both.
  friend ShardSet operator&(ShardSet a, const ShardSet& b) {
    for (std::size_t i = 0; i < words; ++i) a.words_[i] &= b.words_[i];
    return a;
  }
  /// Difference: what is in `a` and not in `b`.
  friend ShardSet operator-(ShardSet a, const ShardSet& b) {
    for (std::size_t i = 0; i < words; ++i) a.words_[i] &= ~b.words_[i];
    return a;
  }
  bool operator==(const ShardSet&) const = default;

 private:
  static constexpr std::size_t word_bits = 64;
  static constexpr std::size_t words = shard_count / word_bits;
  static_assert(words * word_bits == shard_count, "no bit is left over");

  /// Checks that there is such a shard.
  static std::size_t position(ShardId shard);
  static std::uint64_t bit(ShardId shard) {
    return std::uint64_t{1} << (position(shard) % word_bits);
  }
  std::uint64_t& word(ShardId shard) { return words_[position(shard) / word_bits]; }
  const std::uint64_t& word(ShardId shard) const { return words_[position(shard) / word_bits]; }

  /// The first member at or after `from`; `shard_count` if there is none.
  std::uint16_t next(std::uint16_t from) const;

  std::array<std::uint64_t, words> words_{};
};

}  // namespace millrace
