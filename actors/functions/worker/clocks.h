#pragma once
// The worker's clocks, in nanoseconds. Limits of calls count the process's own processor time, so that
// a busy machine does not take from a call's time; V8 runs on one thread, and the watchdog's uses next
// to nothing.

#include <cstdint>
#include <ctime>

namespace millrace::worker {

using Nanos = std::int64_t;

inline constexpr Nanos nanos_per_ms = 1'000'000;

inline Nanos read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<Nanos>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// Without a system call.
inline Nanos monotonic_now() { return read_clock(CLOCK_MONOTONIC); }

/// What this process has computed since it began. A system call, so not for each small function.
inline Nanos processor_now() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace millrace::worker
