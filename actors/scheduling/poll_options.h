#pragma once
// How polls are served. Constants that tune; tests make them small.

#include "runtime/base/clock.h"

#include <cstddef>

namespace millrace {

struct PollOptions {
  std::size_t threads = 2;
  /// Polls that are served at once. Beyond: their rows are fired again later.
  std::size_t held_max = 10'000;
  /// Looks whose requests are on their way, and those of one project, which so leaves places to others.
  std::size_t looks_max = 256;
  std::size_t looks_per_project_max = 64;
  /// How long a look waits for a place.
  Millis crowded_pause{1'000};
  /// After what could not be read or stored.
  Millis retry_pause{1'000};
  /// Accounts of a workflow that are looked at in one commit, and how often all of them are.
  std::size_t walk_chunk = 250;
  Millis walk_interval{600'000};
};

}  // namespace millrace
