#pragma once
// How long runs took, as counts over lengths that grow with the duration: exact below 16 ms, beyond it 8
// steps to a doubling, so that a quantile is off by at most 1 in 16. Durations of two sets of runs add up to those of
// both, which quantiles do not. Source: HdrHistogram (Gil Tene), with one significant octal digit.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

class DurationHistogram {
 public:
  void add(std::uint32_t milliseconds, std::uint32_t times = 1);
  /// Adds what `encode` wrote; false if it was something else.
  bool add_encoded(std::string_view text);
  /// The counts that are not 0: pairs of varints, the distance from the last one's place and the count.
  std::string encode() const;

  std::uint64_t count() const { return count_; }
  /// The milliseconds that a share of the runs (0 to 1) took at most: the middle of their step. Nothing
  /// when there are no runs.
  std::optional<std::uint32_t> quantile(double share) const;

 private:
  static constexpr std::size_t steps = 240;  // of 32 bits
  static std::size_t step_of(std::uint32_t milliseconds);
  static std::uint32_t middle_of(std::size_t step);

  std::array<std::uint64_t, steps> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace millrace::storage
