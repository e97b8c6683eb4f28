#pragma once
// The worker's clock: nanoseconds of CLOCK_MONOTONIC, read without a system call.

#include <cstdint>
#include <ctime>

namespace millrace::worker {

using Nanos = std::int64_t;

inline constexpr Nanos nanos_per_ms = 1'000'000;

inline Nanos monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Nanos>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace millrace::worker
