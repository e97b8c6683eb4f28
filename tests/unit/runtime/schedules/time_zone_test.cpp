// Zones of the IANA database.
#include "runtime/schedules/time_zone.h"

#include "runtime/text/time_text.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace millrace;

namespace {

TimeZone zone(const std::string& name) {
  const auto found = TimeZone::find(name);
  REQUIRE(found.ok());
  return *found;
}

}  // namespace

TEST_CASE("a zone that does not exist is refused with the nearest name") {
  const auto berlin = TimeZone::find("Europe/Berln");
  REQUIRE_FALSE(berlin.ok());
  CHECK(berlin.error().code == ErrorCode::invalid_request);
  CHECK(berlin.error().details.at(0).nearest == "Europe/Berlin");
  CHECK_THAT(berlin.error().message, Catch::Contains("did you mean \"Europe/Berlin\""));
  for (const std::string name :
       {"localtime", "../../etc/passwd", "", "europe/berlin", "posixrules", "UTC\n"}) {
    CHECK_FALSE(TimeZone::find(name).ok());
  }
}

TEST_CASE("a zone has a name and local times with its offset of that day") {
  const TimeZone berlin = zone("Europe/Berlin");
  CHECK(berlin.name() == "Europe/Berlin");
  CHECK(TimeZone().name() == "UTC");
  const Instant noon = *parse_time("2026-07-01T12:00:00.900Z");
  CHECK(berlin.local_time(noon).time_since_epoch() -
            TimeZone().local_time(noon).time_since_epoch() ==
        std::chrono::hours(2));
  CHECK(berlin.instant(berlin.local_time(noon)) == *parse_time("2026-07-01T12:00:00Z"));
}

TEST_CASE("clocks change in each zone for the next ten years") {
  // The system's files must say so themselves: what they leave to a rule is not read.
  for (int year = 2026; year < 2037; ++year) {
    const Instant summer = *parse_time(std::to_string(year) + "-07-01T12:00:00Z");
    const Instant winter = *parse_time(std::to_string(year) + "-01-01T12:00:00Z");
    CHECK(zone("America/New_York").local_time(summer).time_since_epoch() -
              summer.time_since_epoch() ==
          -std::chrono::hours(4));
    CHECK(zone("America/New_York").local_time(winter).time_since_epoch() -
              winter.time_since_epoch() ==
          -std::chrono::hours(5));
  }
}

TEST_CASE("all zones are those that can be found, UTC among them") {
  const auto& all = TimeZone::all();
  CHECK(all.size() > 300);
  CHECK(std::count(all.begin(), all.end(), TimeZone()) >= 1);
  CHECK(std::count(all.begin(), all.end(), zone("Asia/Kolkata")) == 1);
}
