#pragma once
// The one way in which a test waits for another process: it asks again and again until a deadline.
// What happens inside the test's own process is waited for with conditions or virtual time instead.

#include <algorithm>
#include <chrono>
#include <poll.h>

namespace millrace::tests {

/// How long a loaded machine may take for what usually takes moments.
inline constexpr std::chrono::seconds poll_patience{30};

/// True as soon as `condition` holds; false when it did not within `patience`.
template <class Condition>
bool poll_until(Condition condition, std::chrono::milliseconds patience = poll_patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int pause_ms = 1;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    ::poll(nullptr, 0, pause_ms);
    pause_ms = std::min(pause_ms * 2, 20);
  }
  return true;
}

}  // namespace millrace::tests
