#pragma once
// A histogram of latencies in the manner of HdrHistogram (Tene): each power of two is cut into
// equal cells, so that any value is kept with a relative error below 1/64. Bounded: about two
// thousand counters, whatever is recorded; recording is a few instructions and allocates nothing.
//
// Values above `latency_max` count as `latency_max`. Not thread-safe: one generator, one histogram.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::bench {

class LatencyHistogram {
 public:
  static constexpr std::chrono::nanoseconds latency_max{(std::int64_t{1} << 37) - 1};  // 137 s

  void record(std::chrono::nanoseconds latency);
  /// Everything that the other one has recorded.
  void add(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  /// The smallest latency that at least `share` (0 to 1) of the recorded ones do not exceed, to the
  /// histogram's precision; zero when nothing was recorded.
  std::chrono::nanoseconds quantile(double share) const;
  std::chrono::nanoseconds largest() const { return largest_; }

 private:
  static constexpr unsigned cell_bits = 6;  // 64 cells for each power of two
  static constexpr std::size_t cells = std::size_t{1} << cell_bits;
  static constexpr std::size_t powers = 37 - cell_bits + 1;

  static std::size_t cell_of(std::uint64_t nanoseconds);
  static std::uint64_t upper_end(std::size_t cell);

  std::array<std::uint64_t, cells * powers> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds largest_{0};
};

}  // namespace millrace::bench
