#pragma once
// A schedule: the instants at which something ticks, without a beginning and without an end. Which those
// are depends on nothing but the schedule and the zone: not on when it was deployed, nor on a clock.
//
// - An interval is real time, counted from 1970-01-01T00:00:00Z. Clocks that change do not matter to it.
// - Local times are what the wall says in a zone. A local time that does not exist ticks at the first
//   instant after the gap, one that exists twice ticks the first time: TimeZone::instant.

#include "runtime/schedules/time_zone.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>

namespace millrace {

struct Interval {
  std::chrono::seconds length{1};
  bool operator==(const Interval&) const = default;
};

/// Which local times: those of which every part is in its set. Bit n of a set stands for the value n.
struct LocalTimes {
  std::uint64_t seconds = 1;      // 0 to 59
  std::uint64_t minutes = 1;      // 0 to 59
  std::uint32_t hours = 1;        // 0 to 23
  std::uint16_t months = 0x1ffe;  // 1 to 12

  // A day is in when its place in the month is, or its weekday, if both are restricted, as cron has it;
  // otherwise when the restricted one is.
  bool is_any_day_of_month = true;
  std::uint32_t days_of_month = 0;   // 1 to 31
  std::uint32_t days_from_last = 0;  // 0 is the last of the month, 1 the one before
  bool is_any_weekday = true;
  std::uint8_t weekdays = 0;       // 0 is Sunday
  std::uint8_t last_weekdays = 0;  // likewise: the last such of the month
  std::uint64_t nth_weekdays =
      0;  // bit 7 * (n - 1) + weekday: the nth such of the month, n from 1 to 5

  // Of all hours and days since 1970-01-01 00:00 local time, only each so many.
  std::uint32_t every_hours = 1;
  std::uint32_t every_days = 1;

  bool operator==(const LocalTimes&) const = default;
};

using Schedule = std::variant<Interval, LocalTimes>;

/// The first tick after `instant`. Nothing: it never ticks again (31 February).
std::optional<Instant> next_after(const Schedule& schedule, const TimeZone& zone, Instant instant);

/// The last tick that is not after `instant`, looking back as far as sixty years.
std::optional<Instant> last_until(const Schedule& schedule, const TimeZone& zone, Instant instant);

/// False for local times that no calendar has.
bool is_possible(const Schedule& schedule);

}  // namespace millrace
