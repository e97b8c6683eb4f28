// Schedules beside the npm package cron-parser, which shares no code, no zone data and no author with ours.
#include "runtime/schedules/cron.h"
#include "runtime/text/time_text.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"

#include <filesystem>
#include <sstream>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

using Seconds = std::vector<std::int64_t>;

struct Zoned {
  std::string zone;
  std::string cron;
};

Instant at(const std::string& text) { return *parse_time(text); }

const Instant from = at("2025-01-01T00:00:00Z");
const Instant until = at("2035-01-01T00:00:00Z");

std::int64_t seconds(Instant instant) {
  return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
}

Seconds ours(const Zoned& schedule) {
  const auto zone = TimeZone::find(schedule.zone);
  REQUIRE(zone.ok());
  const auto times = parse_cron(schedule.cron);
  REQUIRE(times.ok());
  Seconds ticks;
  for (auto tick = next_after(*times, *zone, from); tick && *tick < until;
       tick = next_after(*times, *zone, *tick)) {
    ticks.push_back(seconds(*tick));
  }
  return ticks;
}

std::vector<Seconds> theirs(const std::vector<Zoned>& schedules) {
  const std::string output =
      (std::filesystem::temp_directory_path() / ("cron-parser-" + std::to_string(::getpid())))
          .string();
  ChildProcess::Command command{
      {MILLRACE_NODE, MILLRACE_CRON_PARSER "/ticks.mjs", MILLRACE_CRON_PARSER_PACKAGES,
       std::to_string(seconds(from)), std::to_string(seconds(until))},
      output,
      output + ".errors"};
  for (const Zoned& each : schedules) command.arguments.push_back(each.zone + ' ' + each.cron);
  ChildProcess node(command);
  const auto code = node.wait_for_exit(240s);
  INFO(read_file(output + ".errors"));
  REQUIRE(code == 0);
  std::istringstream lines(read_file(output));
  std::filesystem::remove(output);
  std::filesystem::remove(output + ".errors");
  std::vector<Seconds> all;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    Seconds& ticks = all.emplace_back();
    for (std::int64_t number = 0; numbers >> number;) ticks.push_back(number);
  }
  REQUIRE(all.size() == schedules.size());
  return all;
}

}  // namespace

TEST_CASE("the ticks of ten years in five zones are those that another cron library finds") {
  std::vector<Zoned> schedules;
  for (const char* const zone : {"Europe/Berlin", "America/New_York", "Asia/Kathmandu",
                                 "America/Sao_Paulo", "Pacific/Chatham"}) {
    for (const char* const cron :
         {"0 0 9 * * 1", "30 45 23 L * *", "0 15 4 * * MON#2", "0 0 12 1,15 */2 *",
          "0 30 12 13 * 5", "10-20/5 30 6 * JAN,JUL SUN", "0 20 */12 1-3 * *", "0 0 5 * * 5L"}) {
      schedules.push_back({zone, cron});
    }
  }
  const auto expected = theirs(schedules);
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    CAPTURE(schedules[i].zone, schedules[i].cron);
    CHECK(expected[i].size() >= 60);
    CHECK(ours(schedules[i]) == expected[i]);
  }
}

TEST_CASE("a local time that exists twice ticks once, as with another cron library") {
  const std::vector<Zoned> schedules{{"America/New_York", "0 30 1 * 11 *"},
                                     {"Europe/Berlin", "0 30 2 * 10 *"}};
  const auto expected = theirs(schedules);
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    CAPTURE(schedules[i].zone);
    CHECK(ours(schedules[i]) == expected[i]);
  }
}

TEST_CASE(
    "a local time that does not exist is the end of the gap, where another library goes "
    "past it") {
  // On these days 02:30 does not exist. The other library ticks at 03:30, and otherwise as we do.
  const Zoned schedule{"Europe/Berlin", "0 30 2 * 3 *"};
  Seconds expected = theirs({schedule})[0];
  std::size_t gaps = 0;
  for (std::int64_t& tick : expected) {
    const auto zone = TimeZone::find(schedule.zone);
    const auto day_time =
        (zone->local_time(Instant(std::chrono::seconds(tick)))).time_since_epoch() % 24h;
    if (day_time == 3h + 30min) {
      tick -= 30 * 60;
      ++gaps;
    }
  }
  CHECK(gaps == 10);
  CHECK(ours(schedule) == expected);
}
