#include "runtime/text/time_text.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// The instant in the base library's own writing, or "refused".
std::string read(std::string_view text) {
  const auto instant = parse_time(text);
  return instant ? to_text(*instant) : "refused";
}

}  // namespace

TEST_CASE("RFC 3339 times are read with offsets and fractions") {
  REQUIRE(read("2026-01-31T09:00:00Z") == "2026-01-31T09:00:00.000Z");
  REQUIRE(read("2026-01-31t09:00:00z") == "2026-01-31T09:00:00.000Z");
  REQUIRE(read("2026-01-31 09:00:00Z") == "2026-01-31T09:00:00.000Z");
  REQUIRE(read("2026-01-31T09:00:00.5Z") == "2026-01-31T09:00:00.500Z");
  REQUIRE(read("2026-01-31T09:00:00.123456789Z") == "2026-01-31T09:00:00.123Z");
  REQUIRE(read("2026-01-31T09:00:00+02:30") == "2026-01-31T06:30:00.000Z");
  REQUIRE(read("2026-01-31T23:30:00-01:00") == "2026-02-01T00:30:00.000Z");
  REQUIRE(read("2026-01-01T00:00:00-00:00") == "2026-01-01T00:00:00.000Z");
}

TEST_CASE("times without an offset and dates are taken as UTC") {
  REQUIRE(read("2026-01-31T09:00:00") == "2026-01-31T09:00:00.000Z");
  REQUIRE(read("2026-01-31T09:00") == "2026-01-31T09:00:00.000Z");
  REQUIRE(read("2026-01-31") == "2026-01-31T00:00:00.000Z");
}

TEST_CASE("years before 1970 are before the epoch") {
  REQUIRE(read("1969-12-31T23:59:59.999Z") == "1969-12-31T23:59:59.999Z");
  REQUIRE(parse_time("1970-01-01") == Instant());
}

TEST_CASE("only days that exist are accepted") {
  REQUIRE(read("2024-02-29") == "2024-02-29T00:00:00.000Z");
  REQUIRE(read("2000-02-29") == "2000-02-29T00:00:00.000Z");
  for (const char* const text : {"2026-02-30", "2026-02-29", "1900-02-29", "2026-04-31",
                                 "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32"}) {
    INFO(text);
    REQUIRE_FALSE(parse_time(text));
  }
}

TEST_CASE("a leap second is accepted only at the end of a UTC day") {
  REQUIRE(read("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00.000Z");
  REQUIRE(read("2016-12-31T18:59:60-05:00") == "2017-01-01T00:00:00.000Z");
  REQUIRE(read("2016-12-31T12:00:60Z") == "refused");
}

TEST_CASE("text that is not one time is refused") {
  for (const char* const text :
       {"", "2026", "2026-1-31", "26-01-31", "2026-01-31T", "2026-01-31T9:00Z",
        "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:00:61Z",
        "2026-01-31T09:00:00.Z", "2026-01-31T09:00:00+2", "2026-01-31T09:00:00+020",
        "2026-01-31T09:00:00+24:00", "2026-01-31T09:00:00Zx", " 2026-01-31", "2026-01-31 ",
        "2026/01/31", "yesterday"}) {
    INFO(text);
    REQUIRE_FALSE(parse_time(text));
  }
}

TEST_CASE("times are read as other servers write them") {
  for (const char* const text :
       {"2024-01-02T10:00:00.000+0000", "2024-01-02T10:00:00+00", "2024-01-02 10:00:00 +0000",
        "2024-01-02T11:00:00,000+0100", "20240102T100000Z", "20240102T1000",
        "Tue, 02 Jan 2024 10:00:00 GMT", "Tue, 2 Jan 2024 05:00:00 -0500", "1704189600",
        "1704189600.0", "1704189600000", "/Date(1704189600000)/", "/Date(1704189600000+0200)/"}) {
    INFO(text);
    REQUIRE(read(text) == "2024-01-02T10:00:00.000Z");
  }
  REQUIRE(read("20240102") == "2024-01-02T00:00:00.000Z");
  for (const char* const text :
       {"12345678", "99999999999999999", "1704189600x", "-1704189600", "1.7e9", "01/02/2024",
        "2024-01-02T10:00:00 ", "/Date(x)/", "/Date(1+1)/"}) {
    INFO(text);
    REQUIRE_FALSE(parse_time(text));
  }
}

TEST_CASE("a number since 1970 is seconds where milliseconds would be in its first months") {
  REQUIRE(instant_of(1704153600) == parse_time("2024-01-02"));
  REQUIRE(instant_of(1704153600.5) == parse_time("2024-01-02T00:00:00.500Z"));
  REQUIRE(instant_of(1704153600000) == parse_time("2024-01-02"));
  REQUIRE(instant_of(31'536'000'000) == parse_time("1971-01-01"));
  REQUIRE(instant_of(86'400'000) == parse_time("1970-01-02"));
  REQUIRE(instant_of(-1) == parse_time("1969-12-31T23:59:59.999Z"));
  REQUIRE_FALSE(instant_of(1e15));
  REQUIRE_FALSE(instant_of(1e300));
}
