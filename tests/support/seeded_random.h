#pragma once
// Reproducible randomness for tests: the same seed gives the same numbers on every machine, which
// the distributions of the standard library do not promise. Not thread-safe, but for `fill`.

#include "runtime/base/random.h"

#include <cstdint>
#include <mutex>
#include <random>
#include <span>

namespace millrace {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  void fill(std::span<std::uint8_t> bytes) override {
    const std::lock_guard guard(mutex_);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine_());
  }

  /// Uniform in [0, bound); `bound` is at least 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  /// True `part` times in `whole`.
  bool one_of(std::size_t part, std::size_t whole) { return below(whole) < part; }
  /// Uniform in [-1, 1].
  double jitter() { return static_cast<double>(engine_() % 2001) / 1000.0 - 1.0; }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace millrace
