#include "runtime/base/shard_set.h"

#include "runtime/base/check.h"

#include <bit>

namespace millrace {

std::size_t ShardSet::size() const {
  std::size_t members = 0;
  for (const std::uint64_t word : words_) members += static_cast<std::size_t>(std::popcount(word));
  return members;
}

std::size_t ShardSet::position(ShardId shard) {
  CHECK(static_cast<std::uint16_t>(shard) < shard_count, "there is no such shard");
  return static_cast<std::size_t>(shard);
}

std::uint16_t ShardSet::next(std::uint16_t from) const {
  for (std::size_t i = from / word_bits; i < words; ++i) {
    std::uint64_t rest = words_[i];
    if (i == from / word_bits) rest &= ~std::uint64_t{0} << (from % word_bits);
    if (rest == 0) continue;
    return static_cast<std::uint16_t>(i * word_bits +
                                      static_cast<std::size_t>(std::countr_zero(rest)));
  }
  return shard_count;
}

}  // namespace millrace
