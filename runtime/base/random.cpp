#include "runtime/base/random.h"

#include "runtime/base/check.h"

#include <array>
#include <cerrno>
#include <sys/random.h>

namespace millrace {

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0, "the operating system gave no randomness");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t random_number(Random& random) {
  std::array<std::uint8_t, 8> bytes{};
  random.fill(bytes);
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

}  // namespace millrace
