#pragma once
// How many elements of one run are in memory, over all of its fan-outs: without it, fan-outs in fan-outs
// would multiply. Each open fan-out may have one whatever the others have, or those inside would wait for
// ever for those around them; so a run has at most `max` of them and one for each open fan-out.
// Thread-safe.

#include <atomic>
#include <cstddef>

namespace millrace {

class LivePlaces {
 public:
  explicit LivePlaces(std::size_t max) : max_(max) {}

  /// False: the run has as many as it may.
  bool take() {
    std::size_t taken = taken_;
    do {
      if (taken >= max_) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + 1));
    return true;
  }
  /// The one that every fan-out may have.
  void take_anyway() { ++taken_; }
  /// Those that were taken.
  void give_back(std::size_t count) { taken_ -= count; }
  std::size_t taken() const { return taken_; }

 private:
  const std::size_t max_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace millrace
