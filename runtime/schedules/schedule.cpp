#include "runtime/schedules/schedule.h"

#include <bit>

namespace millrace {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;

/// After which the calendar repeats, weekdays included.
constexpr days calendar_period{146'097};

/// Rounded towards the past, also before 1970.
std::int64_t remainder(std::int64_t value, std::int64_t divisor) {
  const std::int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

template <class Set>
bool has(Set set, unsigned value) {
  return ((set >> value) & 1u) != 0;
}

bool matches_weekday(const LocalTimes& times, unsigned day, unsigned last_day, unsigned weekday) {
  const unsigned nth = (day - 1) / 7;
  return has(times.weekdays, weekday) || has(times.nth_weekdays, 7 * nth + weekday) ||
         (has(times.last_weekdays, weekday) && day + 7 > last_day);
}

bool matches_day(const LocalTimes& times, local_days date) {
  if (remainder(date.time_since_epoch().count(), times.every_days) != 0) return false;
  const std::chrono::year_month_day ymd(date);
  if (!has(times.months, static_cast<unsigned>(ymd.month()))) return false;
  if (times.is_any_day_of_month && times.is_any_weekday) return true;
  const unsigned day = static_cast<unsigned>(ymd.day());
  const auto last_day = static_cast<unsigned>(
      std::chrono::year_month_day_last(ymd.year() / ymd.month() / std::chrono::last).day());
  if (!times.is_any_day_of_month &&
      (has(times.days_of_month, day) || has(times.days_from_last, last_day - day))) {
    return true;
  }
  return !times.is_any_weekday &&
         matches_weekday(times, day, last_day, std::chrono::weekday(date).c_encoding());
}

/// The first value of the set from `from` on.
std::optional<unsigned> first_from(std::uint64_t set, unsigned from) {
  if (from > 63) return std::nullopt;
  const std::uint64_t rest = set >> from << from;
  return rest == 0 ? std::nullopt : std::optional(static_cast<unsigned>(std::countr_zero(rest)));
}

/// The first time of that day from `from` on, counted in seconds from midnight.
std::optional<seconds> first_of_day(const LocalTimes& times, local_days date, seconds from) {
  const auto start = static_cast<unsigned>(from.count());
  const unsigned start_hour = start / 3600;
  const unsigned start_minute = start / 60 % 60;
  for (auto hour = first_from(times.hours, start_hour); hour;
       hour = first_from(times.hours, *hour + 1)) {
    const std::int64_t hours_since_1970 = date.time_since_epoch().count() * 24 + *hour;
    if (remainder(hours_since_1970, times.every_hours) != 0) continue;
    const bool is_first_hour = *hour == start_hour;
    for (auto minute = first_from(times.minutes, is_first_hour ? start_minute : 0); minute;
         minute = first_from(times.minutes, *minute + 1)) {
      const bool is_first_minute = is_first_hour && *minute == start_minute;
      const auto second = first_from(times.seconds, is_first_minute ? start % 60 : 0);
      if (second) return seconds(*hour * 3600 + *minute * 60 + *second);
    }
  }
  return std::nullopt;
}

std::optional<LocalTime> first_after(const LocalTimes& times, LocalTime after) {
  const LocalTime from = after + seconds(1);
  const local_days first = std::chrono::floor<days>(from);
  for (local_days date = first; date <= first + calendar_period; date += days(1)) {
    if (!matches_day(times, date)) continue;
    const auto time = first_of_day(times, date, date == first ? from - date : seconds(0));
    if (time) return date + *time;
  }
  return std::nullopt;
}

std::optional<Instant> next_of(const Interval& interval, const TimeZone&, Instant instant) {
  const auto since_1970 = std::chrono::floor<seconds>(instant.time_since_epoch());
  const std::int64_t passed = remainder(since_1970.count(), interval.length.count());
  return Instant(since_1970 - seconds(passed) + interval.length);
}

std::optional<Instant> next_of(const LocalTimes& times, const TimeZone& zone, Instant instant) {
  // Whatever the wall said until now has ticked by now. In the second pass of an hour that exists twice,
  // the times of the first one come up again and are passed over.
  for (auto local = first_after(times, zone.local_time(instant)); local;
       local = first_after(times, *local)) {
    if (const Instant tick = zone.instant(*local); tick > instant) return tick;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Instant> next_after(const Schedule& schedule, const TimeZone& zone, Instant instant) {
  return std::visit([&](const auto& each) { return next_of(each, zone, instant); }, schedule);
}

std::optional<Instant> last_until(const Schedule& schedule, const TimeZone& zone, Instant instant) {
  // Back in growing strides until a tick is between, then forward from there to the last one.
  constexpr std::chrono::hours far{60 * 366 * 24};
  for (seconds stride{1}; stride <= far; stride *= 4) {
    auto tick = next_after(schedule, zone, instant - stride);
    if (!tick || *tick > instant) continue;
    for (auto next = tick; next && *next <= instant; next = next_after(schedule, zone, *next)) {
      tick = next;
    }
    return tick;
  }
  return std::nullopt;
}

bool is_possible(const Schedule& schedule) {
  const auto* const times = std::get_if<LocalTimes>(&schedule);
  return times == nullptr || first_after(*times, LocalTime()).has_value();
}

}  // namespace millrace
