#include "runtime/secrets/needle_search.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace millrace {
namespace {

std::uint32_t key_of(const char* bytes) {
  std::uint32_t key = 0;
  std::memcpy(&key, bytes, sizeof key);
  return key;
}

std::size_t common_prefix(std::string_view left, std::string_view right) {
  const std::size_t size = std::min(left.size(), right.size());
  const auto end = left.begin() + static_cast<std::ptrdiff_t>(size);
  return static_cast<std::size_t>(std::mismatch(left.begin(), end, right.begin()).first -
                                  left.begin());
}

}  // namespace

NeedleSearch::NeedleSearch(std::vector<Needle> needles) : needles_(std::move(needles)) {
  for (const Needle& each : needles_) CHECK(each.text.size() >= needle_bytes_min, "a short needle");
  std::stable_sort(needles_.begin(), needles_.end(), [](const Needle& a, const Needle& b) {
    return std::pair(key_of(a.text.data()), std::string_view(a.text)) <
           std::pair(key_of(b.text.data()), std::string_view(b.text));
  });
  const auto is_same = [](const Needle& a, const Needle& b) { return a.text == b.text; };
  needles_.erase(std::unique(needles_.begin(), needles_.end(), is_same), needles_.end());
  for (std::size_t i = 0; i < needles_.size(); ++i) {
    std::size_t beginning = i == 0 ? none : i - 1;
    while (beginning != none && !needles_[i].text.starts_with(needles_[beginning].text)) {
      beginning = beginnings_[beginning];
    }
    beginnings_.push_back(beginning);
  }
  // Sixteen bits a needle: few places pass that no needle begins at.
  const std::size_t bits = std::bit_ceil(std::max<std::size_t>(16 * needles_.size(), 4'096));
  shift_ = static_cast<unsigned>(32 - std::countr_zero(bits));
  filter_.resize(bits / 64);
  for (const Needle& each : needles_) {
    const std::uint32_t key = key_of(each.text.data());
    keys_.push_back(key);
    longest_ = std::max(longest_, each.text.size());
    filter_[slot(key) / 64] |= std::uint64_t{1} << (slot(key) % 64);
  }
}

std::optional<NeedleSearch::Match> NeedleSearch::find(std::string_view text,
                                                      std::size_t from) const {
  if (needles_.empty()) return std::nullopt;
  for (std::size_t i = from; i + needle_bytes_min <= text.size(); ++i) {
    const std::uint32_t key = key_of(text.data() + i);
    if (!may_begin(key)) continue;
    if (auto match = longest_at(text, i, key)) return match;
  }
  return std::nullopt;
}

std::size_t NeedleSearch::unfinished(std::string_view text, std::size_t from) const {
  // Earlier on, even the longest needle would have had room to end.
  const std::size_t first = text.size() < longest_ ? 0 : text.size() - longest_ + 1;
  for (std::size_t i = std::max(from, first); i < text.size(); ++i) {
    if (begins_longer(text.substr(i))) return i;
  }
  return text.size();
}

bool NeedleSearch::begins_longer(std::string_view rest) const {
  if (rest.size() >= needle_bytes_min) return longer_that_begins_with(rest) != nullptr;
  return std::any_of(needles_.begin(), needles_.end(),
                     [rest](const Needle& each) { return each.text.starts_with(rest); });
}

const NeedleSearch::Needle* NeedleSearch::longer_that_begins_with(std::string_view rest) const {
  if (needles_.empty()) return nullptr;
  const std::uint32_t key = key_of(rest.data());
  if (!may_begin(key)) return nullptr;
  // They stand together, behind those that are less.
  const auto [first, last] = std::equal_range(keys_.begin(), keys_.end(), key);
  const auto end = needles_.begin() + (last - keys_.begin());
  const auto after = std::upper_bound(
      needles_.begin() + (first - keys_.begin()), end, rest,
      [](std::string_view left, const Needle& right) { return left < right.text; });
  return after != end && after->text.starts_with(rest) ? &*after : nullptr;
}

std::optional<NeedleSearch::Match> NeedleSearch::find_cut_off(std::string_view text) const {
  const std::size_t from = text.size() - std::min(text.size(), part_bytes_min);
  for (std::size_t i = from; i + needle_bytes_min <= text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const Needle* const cut = longer_that_begins_with(rest);
    if (cut != nullptr) return Match{i, rest.size(), cut->tag};
  }
  return std::nullopt;
}

std::optional<NeedleSearch::Match> NeedleSearch::longest_at(std::string_view text,
                                                            std::size_t begin,
                                                            std::uint32_t key) const {
  const auto [first, last] = std::equal_range(keys_.begin(), keys_.end(), key);
  const auto needle_at = [&](auto position) {
    return needles_.begin() + (position - keys_.begin());
  };
  const std::string_view rest = text.substr(begin);
  const auto after = std::upper_bound(
      needle_at(first), needle_at(last), rest,
      [](std::string_view left, const Needle& right) { return left < right.text; });
  std::optional<Match> longest;
  const auto consider = [&](const Needle& needle, std::size_t size) {
    const bool counts = size == needle.text.size() || size >= part_bytes_min;
    if (counts && (!longest || size > longest->size)) longest = Match{begin, size, needle.tag};
  };
  if (after != needle_at(last)) consider(*after, common_prefix(after->text, rest));
  if (after == needle_at(first)) return longest;
  // Every needle that the text begins with is the one before it in the order, or a beginning of that.
  auto before = static_cast<std::size_t>(after - needles_.begin()) - 1;
  const std::size_t common = common_prefix(needles_[before].text, rest);
  consider(needles_[before], common);
  while (before != none && needles_[before].text.size() > common) before = beginnings_[before];
  if (before != none) consider(needles_[before], needles_[before].text.size());
  return longest;
}

}  // namespace millrace
