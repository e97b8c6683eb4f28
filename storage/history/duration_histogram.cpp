#include "storage/history/duration_histogram.h"

#include "runtime/base/check.h"
#include "storage/history/packed_numbers.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace millrace::storage {
namespace {

constexpr std::uint32_t exact_below = 8;  // one step for each, and 8 steps to each doubling above

}  // namespace

std::size_t DurationHistogram::step_of(std::uint32_t milliseconds) {
  if (milliseconds < exact_below) return milliseconds;
  const auto doublings = static_cast<std::uint32_t>(std::bit_width(milliseconds)) - 1;  // 3 to 31
  const std::uint32_t within = (milliseconds >> (doublings - 3)) & 7u;
  return (doublings - 2) * exact_below + within;
}

std::uint32_t DurationHistogram::middle_of(std::size_t step) {
  if (step < exact_below) return static_cast<std::uint32_t>(step);
  const std::size_t doublings = step / exact_below + 2;
  const std::uint32_t width = 1u << (doublings - 3);
  const auto begin = static_cast<std::uint32_t>(exact_below + step % exact_below) * width;
  return begin + (width - 1) / 2;
}

void DurationHistogram::add(std::uint32_t milliseconds, std::uint32_t times) {
  counts_[step_of(milliseconds)] += times;
  count_ += times;
}

std::string DurationHistogram::encode() const {
  std::string text;
  std::size_t last = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    if (counts_[step] == 0) continue;
    append_packed(text, step - last);
    append_packed(text, counts_[step]);
    last = step;
  }
  return text;
}

bool DurationHistogram::add_encoded(std::string_view text) {
  std::uint64_t step = 0;
  while (!text.empty()) {
    const auto distance = take_packed(text);
    const auto times = take_packed(text);
    if (!distance || !times || *distance >= steps || step + *distance >= steps) return false;
    step += *distance;
    counts_[step] += *times;
    count_ += *times;
  }
  return true;
}

std::optional<std::uint32_t> DurationHistogram::quantile(double share) const {
  CHECK(share >= 0 && share <= 1, "a quantile is a share of the whole");
  if (count_ == 0) return std::nullopt;
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t met = 0;
  std::size_t step = 0;
  for (; step + 1 < steps; ++step) {
    met += counts_[step];
    if (met >= rank) break;
  }
  return middle_of(step);
}

}  // namespace millrace::storage
