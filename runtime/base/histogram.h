#pragma once
// How long something took, or how much it was, as counts in fixed buckets. Recording is two relaxed
// atomic additions, without a lock and without memory: it may stand on every path. A reading taken
// while others record may miss what is being recorded, never more.
//
// The values are whole numbers: microseconds for times, so that nothing is lost in sums of doubles.
// What turns them into seconds, and gives them a name, is http/metrics.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {

/// Inclusive upper bounds, ascending; a value beyond the last one is counted as beyond.
struct HistogramBuckets {
  std::span<const std::uint64_t> bounds;
  /// How many recorded ones make one of the unit that is shown: 1e6 for microseconds shown as seconds.
  double per_unit;
};

inline constexpr std::size_t histogram_bounds_max = 20;

namespace buckets {
inline constexpr double microseconds_per_second = 1e6;
inline constexpr std::array<std::uint64_t, 16> short_bounds = {
    50,     100,    250,     500,     1'000,   2'500,     5'000,     10'000,
    25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};
inline constexpr std::array<std::uint64_t, 16> long_bounds = {
    1'000,      5'000,      10'000,      25'000,       50'000,    100'000,
    250'000,    500'000,    1'000'000,   2'500'000,    5'000'000, 10'000'000,
    30'000'000, 60'000'000, 600'000'000, 3'600'000'000};
inline constexpr std::array<std::uint64_t, 11> count_bounds = {1,  2,   4,   8,   16,   32,
                                                               64, 128, 256, 512, 1'024};
/// Inside of the process: 50 us to 10 s.
inline constexpr HistogramBuckets short_times{short_bounds, microseconds_per_second};
/// What waits for other people's servers or for users: 1 ms to 1 h.
inline constexpr HistogramBuckets long_times{long_bounds, microseconds_per_second};
/// How many at once: 1 to 1,024.
inline constexpr HistogramBuckets counts{count_bounds, 1};
static_assert(short_bounds.size() <= histogram_bounds_max &&
              long_bounds.size() <= histogram_bounds_max &&
              count_bounds.size() <= histogram_bounds_max);
}  // namespace buckets

class Histogram {
 public:
  /// `buckets` is one of the sets above.
  explicit Histogram(const HistogramBuckets& buckets) : buckets_(buckets) {}
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  /// Thread-safe.
  void record(std::uint64_t value) noexcept {
    const auto& bounds = buckets_.bounds;
    std::size_t bucket = 0;
    while (bucket < bounds.size() && value > bounds[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  /// In microseconds. A negative one, which a wall clock that was set back can lead to, counts as 0.
  void record(std::chrono::nanoseconds time) noexcept {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    record(us < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(us));
  }

  struct Reading {
    std::vector<std::uint64_t> counts;  // one per bound, and last what lies beyond
    std::uint64_t sum = 0;
    std::uint64_t count() const {
      std::uint64_t all = 0;
      for (const auto each : counts) all += each;
      return all;
    }
  };
  Reading read() const {
    Reading reading;
    for (std::size_t i = 0; i <= buckets_.bounds.size(); ++i) {
      reading.counts.push_back(counts_[i].load(std::memory_order_relaxed));
    }
    reading.sum = sum_.load(std::memory_order_relaxed);
    return reading;
  }
  const HistogramBuckets& buckets() const { return buckets_; }

 private:
  const HistogramBuckets buckets_;
  // On cache lines of their own: what lies beside them is not slowed down.
  alignas(64) std::array<std::atomic<std::uint64_t>, histogram_bounds_max + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

}  // namespace millrace
