#pragma once
// A month of the calendar, in UTC: what is counted by the month is counted by these.

#include "runtime/base/clock.h"

#include <compare>
#include <cstdint>
#include <string>

namespace millrace {

struct CalendarMonth {
  /// Months since January of the year 0. Stored. Times that are out of its range are in its first or last month.
  std::uint16_t number = 0;

  static CalendarMonth of(Instant instant);
  auto operator<=>(const CalendarMonth&) const = default;
};

/// As in RFC 3339, e.g. `2026-01`.
std::string to_text(CalendarMonth month);

}  // namespace millrace
