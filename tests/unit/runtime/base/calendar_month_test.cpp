#include "runtime/base/calendar_month.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

using namespace std::chrono;

TEST_CASE(
    "a month begins with the first millisecond of its first day, and ends with its last one") {
  const Instant begin = sys_days(year(2026) / January / 1);
  CHECK(to_text(CalendarMonth::of(begin)) == "2026-01");
  CHECK(to_text(CalendarMonth::of(begin - milliseconds(1))) == "2025-12");
  CHECK(to_text(CalendarMonth::of(sys_days(year(2028) / February / 29) + hours(23))) == "2028-02");
  CHECK(to_text(CalendarMonth::of(Instant())) == "1970-01");
  CHECK(to_text(CalendarMonth::of(Instant() - milliseconds(1))) == "1969-12");
}

TEST_CASE("months follow each other by one, from year to year") {
  const auto december = CalendarMonth::of(sys_days(year(2025) / December / 31));
  const auto january = CalendarMonth::of(sys_days(year(2026) / January / 31));
  CHECK(january.number == december.number + 1);
  CHECK(december < january);
}

TEST_CASE("a time that no month has a number for is in the first or in the last one") {
  CHECK(CalendarMonth::of(sys_days(year(-5) / March / 1)).number == 0);
  CHECK(CalendarMonth::of(sys_days(year(9'000) / March / 1)).number == 65'535);
  CHECK(to_text(CalendarMonth{0}) == "0000-01");
}

}  // namespace
}  // namespace millrace
