#include "runtime/text/worded_time_text.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::int64_t seconds(std::string_view text) {
  const auto date = parse_worded_time(text);
  REQUIRE(date);
  return date->time_since_epoch().count() / 1'000;
}

}  // namespace

TEST_CASE("the date of RFC 9110 is read to the second") {
  REQUIRE(seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
  REQUIRE(seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
  REQUIRE(seconds("Thu, 29 Feb 2024 23:59:59 GMT") == 1'709'251'199);
  REQUIRE(seconds("Sat, 31 Dec 2016 23:59:60 GMT") == 1'483'228'800);  // a leap second
  REQUIRE(seconds("Fri, 31 Dec 9999 23:59:59 GMT") == 253'402'300'799);
}

TEST_CASE("the older forms of HTTP, mail and JavaScript are read as well") {
  for (const char* const text :
       {"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 +0000", "6 Nov 1994 03:49:37 EST",
        "Sun, 06 Nov 1994 09:49:37 +0100 (CET)", "06 nov 94 08:49:37 Z",
        "Sun Nov 06 1994 09:49:37 GMT+0100 (Central European Standard Time)"}) {
    INFO(text);
    REQUIRE(seconds(text) == 784'111'777);
  }
  REQUIRE(seconds("Sun, 6 November 1994 08:49 GMT") == 784'111'740);
  REQUIRE(seconds("Sunday, 06-Nov-49 08:49:37 GMT") > seconds("Sunday, 06-Nov-50 08:49:37 GMT"));
}

TEST_CASE("a date in another form or that does not exist is none") {
  for (const char* const text : {"",
                                 "soon",
                                 "Sunday, 06-Nov-1x 08:49:37 GMT",
                                 "Sun Nov  6 08:49:37 1994 1994",
                                 "Sun, 06 Nov 1994 08:49:37 GMT GMT",
                                 "Sun, 06 Nov 1994 08:49:37 XYZ",
                                 "Sun, 06 Nov 1994",
                                 "Nov 1994 08:49:37",
                                 "Sun, 31 Feb 1994 08:49:37 GMT",
                                 "Sun, 29 Feb 2023 08:49:37 GMT",
                                 "Sun, 00 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Foo 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 24:00:00 GMT",
                                 "Sun, 06 Nov 1994 08:60:37 GMT",
                                 "Sun, 06 Nov 1994 08:49:61 GMT",
                                 "Sun, -6 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov -994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 -8:49:37 GMT",
                                 "Sun, 06 Nov 1994 08-49-37 GMT",
                                 "Sun; 06.Nov.1994 08:49:37 GMT",
                                 "Sun, 0x Nov 1994 08:49:37 GMT"}) {
    INFO(text);
    REQUIRE_FALSE(parse_worded_time(text));
  }
}
