#pragma once
// How fast a tick for many goes on: evenly over its window, in parts so small that the runs of others come in between,
// and in larger ones only where it has fallen behind. Pure.
//
// A part is a commit and the runs that it starts, all of which stand in line before whatever comes next. Fifty at once
// let a request of another project wait for six times as long as alone, ten for (almost) nothing.

#include "runtime/base/clock.h"

#include <cstddef>

namespace millrace {

struct TickParts {
  std::size_t least = 10;  // at least 1; a tick for no more than these is one part
  std::size_t most = 50;  // where it is behind
};

class TickPace {
 public:
  /// Of a tick that has begun with a part of `done` of its `all` accounts.
  TickPace(Instant begun, Millis spread, std::size_t all, std::size_t done, TickParts parts);

  void add_done(std::size_t accounts) { done_ += accounts; }
  /// When the next part is due: at once where it is behind.
  Instant next() const;
  /// How many accounts that part has, from `least` to `most`.
  std::size_t part(Instant now) const;

 private:
  Instant begun_;
  Millis spread_;
  std::size_t all_;
  std::size_t done_;
  TickParts parts_;
};

}  // namespace millrace
