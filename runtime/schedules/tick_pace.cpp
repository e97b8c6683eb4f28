#include "runtime/schedules/tick_pace.h"

#include "runtime/base/check.h"

#include <algorithm>

namespace millrace {

TickPace::TickPace(Instant begun, Millis spread, std::size_t all, std::size_t done, TickParts parts)
    : begun_(begun), spread_(spread), all_(std::max(all, done)), done_(done), parts_(parts) {
  CHECK(parts_.least > 0 && parts_.least <= parts_.most, "a tick would never be through");
}

Instant TickPace::next() const {
  if (all_ == 0) return begun_;
  // Accounts that came meanwhile are more than were counted.
  const auto done = static_cast<std::int64_t>(std::min(done_, all_));
  return begun_ + spread_ * done / static_cast<std::int64_t>(all_);
}

std::size_t TickPace::part(Instant now) const {
  const Millis gone =
      std::clamp(std::chrono::duration_cast<Millis>(now - begun_), Millis(0), spread_);
  const std::size_t due = spread_ == Millis(0) ? all_
                                               : all_ * static_cast<std::size_t>(gone.count()) /
                                                     static_cast<std::size_t>(spread_.count());
  const std::size_t behind = due > done_ ? due - done_ : 0;
  return std::clamp(behind, parts_.least, parts_.most);
}

}  // namespace millrace
