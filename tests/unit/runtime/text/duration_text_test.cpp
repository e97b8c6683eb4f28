#include "runtime/text/duration_text.h"

#include "runtime/text/byte_size_text.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace std::chrono_literals;

TEST_CASE("durations are read in all their units") {
  REQUIRE(parse_duration("500ms") == 500ms);
  REQUIRE(parse_duration("30s") == 30s);
  REQUIRE(parse_duration("5m") == 5min);
  REQUIRE(parse_duration("2h") == 2h);
  REQUIRE(parse_duration("1d") == 24h);
  REQUIRE(parse_duration("0s") == 0ms);
}

TEST_CASE("durations may have decimals and are rounded to milliseconds") {
  REQUIRE(parse_duration("1.5s") == 1500ms);
  REQUIRE(parse_duration("0.25h") == 15min);
  REQUIRE(parse_duration("0.4ms") == 0ms);
  REQUIRE(parse_duration("0.5ms") == 1ms);
  REQUIRE(parse_duration("1.99999999999999999999s") == 2s);
}

TEST_CASE("text that is not one duration is refused") {
  for (const char* const text : {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "5S", "1.s",
                                 ".5s", "1e3s", "5m30s", "5min", "1,5s", "٣s"}) {
    INFO(text);
    REQUIRE_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations too large for the clock are refused") {
  REQUIRE(parse_duration("9999999999d"));
  REQUIRE_FALSE(parse_duration("99999999999d"));
  REQUIRE_FALSE(parse_duration("99999999999999999999999999999999ms"));
}

TEST_CASE("byte sizes count in powers of two") {
  REQUIRE(parse_byte_size("64MB") == 64u << 20);
  REQUIRE(parse_byte_size("64MiB") == 64u << 20);
  REQUIRE(parse_byte_size("1.5KB") == 1536u);
  REQUIRE(parse_byte_size("1GB") == 1u << 30);
  REQUIRE(parse_byte_size("12B") == 12u);
  for (const char* const text : {"", "64", "64mb", "64 MB", "-1MB", "MB", "1TB"}) {
    INFO(text);
    REQUIRE_FALSE(parse_byte_size(text));
  }
}
