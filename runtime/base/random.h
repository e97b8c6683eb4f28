#pragma once
// Randomness as a port. Production uses the operating system's generator; tests use a seed.

#include <cstdint>
#include <random>
#include <span>

namespace millrace {

class Random {
 public:
  virtual ~Random() = default;
  /// Fills `bytes`. Thread-safe.
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

/// getrandom(2). Thread-safe, stateless.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

/// 64 bits.
std::uint64_t random_number(Random& random);

}  // namespace millrace
