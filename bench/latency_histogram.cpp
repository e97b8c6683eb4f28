#include "bench/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace millrace::bench {

// Values below 64 have a cell each. Above, the cell is the power of two and the six bits behind the
// leading one.
std::size_t LatencyHistogram::cell_of(std::uint64_t nanoseconds) {
  if (nanoseconds < cells) return nanoseconds;
  const unsigned power = static_cast<unsigned>(std::bit_width(nanoseconds)) - cell_bits - 1;
  return cells * (power + 1) + ((nanoseconds >> power) - cells);
}

std::uint64_t LatencyHistogram::upper_end(std::size_t cell) {
  if (cell < cells) return cell;
  const unsigned power = static_cast<unsigned>(cell / cells) - 1;
  return ((cells + cell % cells + 1) << power) - 1;
}

void LatencyHistogram::record(std::chrono::nanoseconds latency) {
  const auto bounded = std::clamp(latency, std::chrono::nanoseconds(0), latency_max);
  ++counts_[cell_of(static_cast<std::uint64_t>(bounded.count()))];
  ++count_;
  largest_ = std::max(largest_, bounded);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (std::size_t cell = 0; cell < counts_.size(); ++cell) counts_[cell] += other.counts_[cell];
  count_ += other.count_;
  largest_ = std::max(largest_, other.largest_);
}

std::chrono::nanoseconds LatencyHistogram::quantile(double share) const {
  if (count_ == 0) return std::chrono::nanoseconds(0);
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t cell = 0; cell < counts_.size(); ++cell) {
    seen += counts_[cell];
    if (seen < rank) continue;
    // A cell's upper end may lie above everything that was recorded in it.
    return std::min(largest_, std::chrono::nanoseconds(upper_end(cell)));
  }
  return largest_;
}

}  // namespace millrace::bench
