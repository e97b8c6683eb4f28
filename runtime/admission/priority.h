#pragma once
// Which run goes first where runs of one project wait for a place. A workflow says its priority in its `admission`;
// each run has that of the version it started with, for as long as it lives.
//
// A step is worth an hour of waiting: a run goes before those of lower priority that have waited less than an hour
// longer for each step between them. So with lines that are shorter than an hour the order is strict, and however
// many urgent runs come, what waits moves up until its turn is there.
//
// Pure. Whoever keeps the lines is actors/runs/run_queues.h.

#include "runtime/base/clock.h"

#include <chrono>
#include <cstdint>

namespace millrace {

/// 1 to 9; the highest has its turn first. Stored.
using Priority = std::uint8_t;
inline constexpr Priority priority_min = 1;
inline constexpr Priority priority_max = 9;
inline constexpr Priority priority_standard = 5;

inline constexpr bool is_priority(std::uint64_t number) {
  return priority_min <= number && number <= priority_max;
}

inline constexpr std::chrono::hours priority_step{1};

/// Of two runs that wait, the one with the earlier place goes first; of two with the same, the one of higher priority.
inline Instant place_in_line(Instant waits_since, Priority priority) {
  return waits_since - priority * priority_step;
}

}  // namespace millrace
