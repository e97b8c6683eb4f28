// Cron expressions: what they mean, checked against a reading of each second of local time, and what is wrong
// with those that mean nothing.
#include "runtime/schedules/cron.h"

#include "runtime/text/time_text.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

Instant at(const std::string& text) {
  const auto instant = parse_time(text);
  REQUIRE(instant.has_value());
  return *instant;
}

Schedule cron(const std::string& text) {
  const auto times = parse_cron(text);
  INFO(text << ": " << (times ? "" : times.error().details.at(0).message));
  REQUIRE(times.ok());
  return *times;
}

/// In UTC, the first few after the beginning of 2026 (a Thursday).
std::string next(const std::string& text, int count = 1) {
  const Schedule schedule = cron(text);
  std::string ticks;
  auto tick = next_after(schedule, TimeZone(), at("2026-01-01T00:00:00Z"));
  for (int i = 0; i < count; ++i) {
    REQUIRE(tick.has_value());
    ticks += (i == 0 ? "" : " ") + to_text(*tick).substr(0, 19);
    tick = next_after(schedule, TimeZone(), *tick);
  }
  return ticks;
}

ErrorDetail refused(const std::string& text) {
  const auto times = parse_cron(text);
  INFO(text);
  REQUIRE_FALSE(times.ok());
  CHECK(times.error().code == ErrorCode::invalid_definition);
  REQUIRE(times.error().details.size() == 1);
  return times.error().details[0];
}

}  // namespace

TEST_CASE("six fields say second, minute, hour, day, month and weekday") {
  CHECK(next("0 0 9 * * *", 2) == "2026-01-01T09:00:00 2026-01-02T09:00:00");
  CHECK(next("0 0 9 */1 * *", 2) == "2026-01-01T09:00:00 2026-01-02T09:00:00");
  CHECK(next("30 15 10 5 6 ?") == "2026-06-05T10:15:30");
  CHECK(next("* * * * * *", 2) == "2026-01-01T00:00:01 2026-01-01T00:00:02");
  CHECK(next("  0\t0 9  * * * ") == "2026-01-01T09:00:00");
}

TEST_CASE("lists, ranges, steps and names are read in each field") {
  CHECK(next("0,30 0 0 * * *", 2) == "2026-01-01T00:00:30 2026-01-02T00:00:00");
  CHECK(next("0 10-12 0 * * *", 4) ==
        "2026-01-01T00:10:00 2026-01-01T00:11:00 2026-01-01T00:12:00 2026-01-02T00:10:00");
  CHECK(next("0 */25 * * * *", 3) == "2026-01-01T00:25:00 2026-01-01T00:50:00 2026-01-01T01:00:00");
  CHECK(next("0 0 20/2 * * *", 3) == "2026-01-01T20:00:00 2026-01-01T22:00:00 2026-01-02T20:00:00");
  CHECK(next("0 0 9-17/4 * * *", 3) ==
        "2026-01-01T09:00:00 2026-01-01T13:00:00 2026-01-01T17:00:00");
  CHECK(next("0 0 0 1 feb,Apr-MAY *", 3) ==
        "2026-02-01T00:00:00 2026-04-01T00:00:00 2026-05-01T00:00:00");
  CHECK(next("0 0 0 * * MON-WED,sat", 3) ==
        "2026-01-03T00:00:00 2026-01-05T00:00:00 2026-01-06T00:00:00");
  CHECK(next("0 0 0 ? * 7", 2) == next("0 0 0 ? * 0", 2));
  CHECK(next("0 0 0 ? * FRI-SUN", 3) ==
        "2026-01-02T00:00:00 2026-01-03T00:00:00 2026-01-04T00:00:00");
}

TEST_CASE("L is the last day, and the last such weekday; # is the nth weekday of a month") {
  CHECK(next("0 0 0 L * *", 3) == "2026-01-31T00:00:00 2026-02-28T00:00:00 2026-03-31T00:00:00");
  CHECK(next("0 0 0 L-2 2 *") == "2026-02-26T00:00:00");
  CHECK(next("0 0 0 15,L * ?", 2) == "2026-01-15T00:00:00 2026-01-31T00:00:00");
  CHECK(next("0 0 0 ? * 5L", 2) == "2026-01-30T00:00:00 2026-02-27T00:00:00");
  CHECK(next("0 0 0 ? * FRIL") == "2026-01-30T00:00:00");
  CHECK(next("0 0 0 ? * 5#2", 2) == "2026-01-09T00:00:00 2026-02-13T00:00:00");
  CHECK(next("0 0 0 ? * MON#1,5L", 3) ==
        "2026-01-05T00:00:00 2026-01-30T00:00:00 2026-02-02T00:00:00");
  CHECK(next("0 0 0 ? * 7#5", 2) == "2026-03-29T00:00:00 2026-05-31T00:00:00");
}

TEST_CASE("a day that fits either its number or its weekday is in, if both are restricted") {
  CHECK(next("0 0 0 13 * FRI", 3) == "2026-01-02T00:00:00 2026-01-09T00:00:00 2026-01-13T00:00:00");
  CHECK(next("0 0 0 1-31 * FRI") == "2026-01-02T00:00:00");  // that restricts nothing
}

TEST_CASE("29 February comes in leap years") {
  CHECK(next("0 0 0 29 2 *", 2) == "2028-02-29T00:00:00 2032-02-29T00:00:00");
  CHECK(next("0 0 0 ? 2 MON#5", 1) == "2044-02-29T00:00:00");
}

TEST_CASE("a field that cannot be read is named, with what may stand there") {
  CHECK_THAT(refused("0 60 9 * * *").message, Catch::Contains("the field of the minute: `60`"));
  CHECK_THAT(refused("0 60 9 * * *").expected, Catch::Contains("0 to 59"));
  CHECK(refused("0 60 9 * * *").got == "60");
  CHECK_THAT(refused("0 0 9 0 * *").message, Catch::Contains("day of the month"));
  CHECK_THAT(refused("0 0 9 * JANUARY *").message,
             Catch::Contains("the field of the month: `JANUARY`"));
  CHECK_THAT(refused("0 0 9 * * 8").message, Catch::Contains("day of the week"));
  CHECK_THAT(refused("0 0 9 * * L").message, Catch::Contains("such as `5L`"));
  CHECK_THAT(refused("0 0 9 * * 5#6").message, Catch::Contains("such as `5#2`"));
  CHECK_THAT(refused("0 0 17-9 * * *").message, Catch::Contains("ends before it begins"));
  CHECK_THAT(refused("0 */0 9 * * *").message, Catch::Contains("no step from 1 to 59"));
  for (const std::string bad :
       {"0 1--2 9 * * *", "0 1/2/3 9 * * *", "0 , 9 * * *", "0 5x 9 * * *",
        "0 99999999999999999999 9 * * *", "0 ? 9 * * *", "0 -5 9 * * *", "0 0 9 L-31 * *",
        "0 0 9 LW * *", "0 0 9 * * #2", "0 0 9 1,,2 * *"}) {
    refused(bad);
  }
  const auto two = parse_cron("61 0 25 * * *");
  REQUIRE_FALSE(two.ok());
  CHECK(two.error().details.size() == 2);
}

TEST_CASE("another number of fields is refused with what to write") {
  CHECK_THAT(refused("0 9 * * *").message, Catch::Contains("write `0 0 9 * * *`"));
  CHECK_THAT(refused("0 0 9 * * * 2026").message, Catch::Contains("leave out the year"));
  CHECK_THAT(refused("").message, Catch::Contains("this one has 0"));
  refused(std::string(2'000, '0'));
}

TEST_CASE("a day that no year has is refused") {
  for (const std::string never : {"0 0 0 31 2 *", "0 0 0 30 FEB ?", "0 0 0 31 4,6,9,11 *"}) {
    CHECK_THAT(refused(never).message, Catch::Contains("never ticks"));
  }
}
