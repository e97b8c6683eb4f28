#pragma once
// Finds many texts in one at once. One look at each place of the text tells whether any needle may
// begin there, by its first four bytes; only then are needles compared, by halving. The time is linear in
// the text: a comparison that fails ends within `part_bytes_min` bytes, and what was found is not read
// again.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class NeedleSearch {
 public:
  static constexpr std::size_t needle_bytes_min = 4;
  /// Of a longer needle, its first bytes count as found too, from so many on: a long text is shown in
  /// part, or cut off, more often than a short one, and bounds the time of a search that has to read
  /// to its end.
  static constexpr std::size_t part_bytes_min = 256;

  struct Needle {
    std::string text;  // of `needle_bytes_min` bytes at least
    std::size_t tag = 0;
  };
  struct Match {
    std::size_t begin = 0;
    std::size_t size = 0;
    std::size_t tag = 0;
  };

  NeedleSearch() = default;
  /// The first one of equal needles counts.
  explicit NeedleSearch(std::vector<Needle> needles);

  /// The first match at `from` or after it; of those that begin at the same place the longest.
  std::optional<Match> find(std::string_view text, std::size_t from = 0) const;
  /// Where a needle may have begun whose end is not in the text yet: the first place, at `from` or after it, from
  /// which on the text is the beginning of a longer needle. The text's size: nowhere.
  std::size_t unfinished(std::string_view text, std::size_t from = 0) const;
  /// The longest beginning of a needle, of `needle_bytes_min` bytes at least and less than the needle, that the
  /// text ends with: what a cut has left. Reads the last `part_bytes_min` bytes only.
  std::optional<Match> find_cut_off(std::string_view text) const;

 private:
  bool may_begin(std::uint32_t key) const {
    const std::size_t bit = slot(key);
    return (filter_[bit / 64] >> (bit % 64) & 1) != 0;
  }
  std::size_t slot(std::uint32_t key) const { return (key * 2'654'435'769u) >> shift_; }
  std::optional<Match> longest_at(std::string_view text, std::size_t begin,
                                  std::uint32_t key) const;
  bool begins_longer(std::string_view rest) const;
  /// Of at least `needle_bytes_min` bytes; null: none.
  const Needle* longer_that_begins_with(std::string_view rest) const;

  static constexpr auto none = static_cast<std::size_t>(-1);

  std::vector<Needle> needles_;          // in the order of their keys, then of their texts
  std::vector<std::uint32_t> keys_;      // their first four bytes
  std::vector<std::size_t> beginnings_;  // of each, the longest other one that it begins with
  std::vector<std::uint64_t> filter_;    // a bit for each key's slot
  unsigned shift_ = 0;
  std::size_t longest_ = 0;  // needle's size
};

}  // namespace millrace
