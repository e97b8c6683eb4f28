// When schedules tick, also where clocks change; and ten years of them in five zones, compared with an oracle
// that knows no sets and no search: it asks of each local second whether the fields allow it.
#include "runtime/schedules/schedule.h"

#include "runtime/schedules/cron.h"
#include "runtime/text/time_text.h"
#include "tests/support/catch.h"

#include <array>
#include <cstdio>
#include <set>
#include <vector>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Instant at(const std::string& text) {
  const auto instant = parse_time(text);
  REQUIRE(instant.has_value());
  return *instant;
}

TimeZone zone(const std::string& name) {
  const auto found = TimeZone::find(name);
  REQUIRE(found.ok());
  return *found;
}

Schedule cron(const std::string& text) {
  const auto times = parse_cron(text);
  REQUIRE(times.ok());
  return *times;
}

std::vector<std::string> ticks(const Schedule& schedule, const std::string& in,
                               const std::string& from, std::size_t count) {
  std::vector<std::string> all;
  Instant instant = at(from);
  while (all.size() < count) {
    const auto tick = next_after(schedule, zone(in), instant);
    REQUIRE(tick.has_value());
    REQUIRE(*tick > instant);
    all.push_back(to_text(*tick).substr(0, 19) + "Z");
    instant = *tick;
  }
  return all;
}

using Ticks = std::vector<std::string>;

// --- the oracle: cron fields by definition ----------------------------------------------------------

struct Wanted {
  std::string_view name;
  std::string_view cron;
  bool (*holds)(int hour, int minute, int day, int month, int weekday, int last_day);
};

const std::array<Wanted, 6> wanted{{
    {"daily", "0 30 2 * * *",
     [](int hour, int minute, int, int, int, int) { return hour == 2 && minute == 30; }},
    {"midnight", "0 0 0 * * *",
     [](int hour, int minute, int, int, int, int) { return hour == 0 && minute == 0; }},
    {"twenty minutes of some hours", "0 */20 1-3 * * *",
     [](int hour, int minute, int, int, int, int) {
       return minute % 20 == 0 && hour >= 1 && hour <= 3;
     }},
    {"Mondays and the first", "0 15 9 1 * MON",
     [](int hour, int minute, int day, int, int weekday, int) {
       return hour == 9 && minute == 15 && (day == 1 || weekday == 1);
     }},
    {"last day", "0 59 23 L * ?",
     [](int hour, int minute, int day, int, int, int last_day) {
       return hour == 23 && minute == 59 && day == last_day;
     }},
    {"second Sunday in spring", "0 0 1,2,3 ? MAR,APR SUN#2",
     [](int hour, int minute, int day, int month, int weekday, int) {
       return minute == 0 && hour >= 1 && hour <= 3 && (month == 3 || month == 4) && weekday == 0 &&
              day > 7 && day <= 14;
     }},
}};

constexpr std::array<const char*, 5> five_zones{"UTC", "Europe/Berlin", "America/New_York",
                                                "Australia/Lord_Howe", "Asia/Kathmandu"};

/// A calendar of its own: day by day from 2026-01-01, a Thursday.
struct Calendar {
  int year = 2026, month = 1, day = 1, weekday = 4;
  bool is_leap() const { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
  int last_day() const {
    if (month == 2) return is_leap() ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }
  void next() {
    weekday = (weekday + 1) % 7;
    if (day++ < last_day()) return;
    day = 1;
    if (month++ < 12) return;
    month = 1;
    ++year;
  }
};

/// Every instant whose local time fits, by asking each minute of ten years; those of a gap at its end, those
/// that come twice the first time.
std::set<Instant> by_definition(const Wanted& each, const TimeZone& in) {
  std::set<Instant> all;
  LocalTime local = TimeZone().local_time(at("2026-01-01T00:00:00Z"));
  for (Calendar calendar; calendar.year < 2036; calendar.next()) {
    for (int minute = 0; minute < 24 * 60; ++minute, local += 60s) {
      if (each.holds(minute / 60, minute % 60, calendar.day, calendar.month, calendar.weekday,
                     calendar.last_day())) {
        all.insert(in.instant(local));
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("an interval counts real time from 1970 on, in whatever zone") {
  CHECK(ticks(Interval{5s}, "Europe/Berlin", "2026-03-29T00:59:57Z", 2) ==
        Ticks{"2026-03-29T01:00:00Z", "2026-03-29T01:00:05Z"});
  CHECK(ticks(Interval{30min}, "Asia/Kathmandu", "2026-01-01T00:10:00Z", 2) ==
        Ticks{"2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z"});
  CHECK(*next_after(Interval{7s}, TimeZone(), Instant(Millis(-1))) == Instant(Millis(0)));
  CHECK(*next_after(Interval{1s}, TimeZone(), at("2026-01-01T00:00:00.001Z")) ==
        at("2026-01-01T00:00:01Z"));
}

TEST_CASE("a local time that does not exist ticks at the first instant after the gap") {
  CHECK(ticks(cron("0 30 2 * * *"), "Europe/Berlin", "2026-03-28T12:00:00Z", 2) ==
        Ticks{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"});
  CHECK(ticks(cron("0 30 2 * * *"), "America/New_York", "2026-03-07T12:00:00Z", 2) ==
        Ticks{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"});
  // The clocks of Lord Howe go forward by half an hour.
  CHECK(ticks(cron("0 15 2 * * *"), "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 1) ==
        Ticks{"2026-10-03T15:30:00Z"});
  // Several times of a gap are one instant.
  CHECK(ticks(cron("0 0,20,40 2 * * *"), "Europe/Berlin", "2026-03-28T12:00:00Z", 2) ==
        Ticks{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"});
}

TEST_CASE("a local time that exists twice ticks once") {
  CHECK(ticks(cron("0 30 2 * * *"), "Europe/Berlin", "2026-10-24T12:00:00Z", 2) ==
        Ticks{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"});
  CHECK(ticks(cron("0 30 1 * * *"), "America/New_York", "2026-10-31T12:00:00Z", 2) ==
        Ticks{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"});
  // Asked in between the two.
  CHECK(ticks(cron("0 30 1 * * *"), "America/New_York", "2026-11-01T05:45:00Z", 1) ==
        Ticks{"2026-11-02T06:30:00Z"});
  CHECK(ticks(cron("0 0 * * * *"), "Europe/Berlin", "2026-10-24T23:30:00Z", 3) ==
        Ticks{"2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"});
}

TEST_CASE("a day that a zone left out ticks when the next one begins") {
  // Samoa went from 29 to 31 December 2011.
  CHECK(ticks(cron("0 0 9 30 12 *"), "Pacific/Apia", "2011-12-29T00:00:00Z", 1) ==
        Ticks{"2011-12-30T10:00:00Z"});
}

TEST_CASE("every nth hour and day is counted from 1970 on, in local time") {
  LocalTimes five_hours;
  five_hours.hours = 0x00ff'ffff;
  five_hours.every_hours = 5;
  const Ticks hours = ticks(five_hours, "UTC", "2026-01-01T00:00:00Z", 6);
  for (std::size_t i = 1; i < hours.size(); ++i) CHECK(at(hours[i]) - at(hours[i - 1]) == 5h);
  LocalTimes two_days;
  two_days.hours = 1u << 9;
  two_days.every_days = 2;
  CHECK(ticks(two_days, "UTC", "2026-01-01T00:00:00Z", 2) ==
        Ticks{"2026-01-01T09:00:00Z", "2026-01-03T09:00:00Z"});
}

TEST_CASE("the last tick until an instant is the one after which the next one is later") {
  for (const Schedule& schedule :
       {Schedule(Interval{7s}), cron("0 30 2 * * *"), cron("*/5 * 9 * * *"), cron("0 0 0 29 2 *"),
        cron("0 0 0 L * *")}) {
    for (const char* const text :
         {"2026-03-29T01:00:00Z", "2026-10-25T01:15:00Z", "2026-06-01T09:00:00.500Z"}) {
      const Instant instant = at(text);
      const auto last = last_until(schedule, zone("Europe/Berlin"), instant);
      REQUIRE(last.has_value());
      CHECK(*last <= instant);
      CHECK(*next_after(schedule, zone("Europe/Berlin"), *last) > instant);
    }
  }
}

TEST_CASE("local times are possible if a day of some year has them") {
  LocalTimes never;
  never.is_any_day_of_month = false;
  never.days_of_month = 1u << 31;
  never.months = 1u << 2;
  CHECK_FALSE(is_possible(never));
  CHECK_FALSE(next_after(never, TimeZone(), at("2026-01-01T00:00:00Z")).has_value());
  CHECK_FALSE(last_until(never, TimeZone(), at("2026-01-01T00:00:00Z")).has_value());
  CHECK(is_possible(cron("0 0 0 29 2 *")));
  CHECK(is_possible(Interval{1s}));
}

TEST_CASE("ten years of ticks in five zones are those of the definition") {
  for (const char* const name : five_zones) {
    const TimeZone in = zone(name);
    for (const Wanted& each : wanted) {
      INFO(each.name << " in " << name);
      const std::set<Instant> expected = by_definition(each, in);
      const Schedule schedule = cron(std::string(each.cron));
      Instant instant = *expected.begin() - 1s;
      for (const Instant tick : expected) {
        const auto next = next_after(schedule, in, instant);
        REQUIRE(next.has_value());
        REQUIRE(*next == tick);
        instant = *next;
      }
    }
  }
}
