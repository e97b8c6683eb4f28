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
        "2026-01-31T09:00:00.Z", "2026-01-31T09:00:00+2", "2026-01-31T09:00:00+0200",
        "2026-01-31T09:00:00+24:00", "2026-01-31T09:00:00Zx", " 2026-01-31", "2026-01-31 ",
        "2026/01/31", "yesterday"}) {
    INFO(text);
    REQUIRE_FALSE(parse_time(text));
  }
}
