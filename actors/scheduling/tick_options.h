#pragma once
// How the ticks of schedules are served. Constants that tune; tests make them small.

#include "runtime/base/clock.h"

#include <cstddef>

namespace millrace {

struct TickOptions {
  std::size_t threads = 2;
  /// Workflows and waiting accounts that are served at once. Beyond: their rows are fired again later.
  std::size_t held_max = 10'000;
  /// Accounts that are served in one commit. A tick for more of them is spread.
  std::size_t chunk = 50;
  /// A tick that is served so much later counts as missed, and the ticks behind it are not run one by one.
  Millis late_max{60'000};
  /// After what could not be read or stored.
  Millis retry_pause{1'000};
  /// When it is looked first, and at most how much later, whether a run has ended for which a tick waits.
  Millis first_look{1'000};
  Millis look_pause_max{60'000};
};

}  // namespace millrace
