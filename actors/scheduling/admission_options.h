#pragma once
// How lines of waiting triggers are served. Constants that tune; tests make them small.

#include "runtime/base/clock.h"

#include <cstddef>

namespace millrace {

struct AdmissionOptions {
  std::size_t threads = 2;
  /// Lines that are served at once. Beyond: their rows are fired again later.
  std::size_t held_max = 10'000;
  /// Triggers that are let go, or dropped, in one commit, which ends earlier when it is that large.
  std::size_t part = 100;
  std::size_t part_bytes_max = 8u << 20;
  /// After what could not be read or stored.
  Millis retry_pause{1'000};
  /// Whether the run of a singleton has ended is looked first after this, at most so much later when somebody waits
  /// for it, and when nobody does. All three are for what was lost: whoever ends a run says so.
  Millis first_look{1'000};
  Millis look_pause_max{10'000};
  Millis idle_look{600'000};
};

}  // namespace millrace
