// When polls look: spread, the same whoever works it out, and ever later while they fail.
#include "runtime/polls/poll_pace.h"

#include "tests/support/catch.h"

#include <map>
#include <string>

using namespace millrace;

namespace {

constexpr Millis hour{3'600'000};
const Instant noon{Millis(1'769'860'800'000)};

}  // namespace

TEST_CASE("a poll looks once in each interval, at its own place, whenever it is asked") {
  const Instant first = next_look("k", hour, noon);
  CHECK(first > noon);
  CHECK(first <= noon + hour);
  CHECK(next_look("k", hour, first) == first + hour);
  CHECK(next_look("k", hour, first - Millis(1)) == first);
  CHECK(next_look("k", hour, first + Millis(1)) == first + hour);
}

TEST_CASE("10,000 polls an hour are spread evenly over its minutes") {
  std::map<std::int64_t, int> by_minute;
  for (int i = 0; i < 10'000; ++i) {
    const Instant due = next_look("poll-" + std::to_string(i), hour, noon);
    ++by_minute[(due - noon).count() / 60'000];
  }
  REQUIRE(by_minute.size() >= 60);
  for (const auto& [minute, count] : by_minute) {
    if (minute == 60) continue;  // the very end of the last one
    CHECK(count > 110);
    CHECK(count < 230);
  }
}

TEST_CASE("polls look at whole seconds, so that those of one second begin together") {
  for (int i = 0; i < 100; ++i) {
    const std::string key = std::to_string(i);
    CHECK(next_look(key, hour, noon).time_since_epoch().count() % 1'000 == 0);
    CHECK(first_look(key, Millis(1'500), noon) - noon <= Millis(1'500));
  }
}

TEST_CASE("the first look comes within a minute, however long the interval is") {
  for (int i = 0; i < 100; ++i) {
    CHECK(first_look(std::to_string(i), hour, noon) <= noon + Millis(60'000));
  }
  CHECK(first_look("k", Millis(5'000), noon) == next_look("k", Millis(5'000), noon));
}

TEST_CASE("a poll that fails waits twice as long each time, up to an hour, with jitter") {
  const Millis minute{60'000};
  CHECK(wait_after_failure(minute, 1, 0) == minute);
  CHECK(wait_after_failure(minute, 2, 0) == 2 * minute);
  CHECK(wait_after_failure(minute, 5, 0) == 16 * minute);
  CHECK(wait_after_failure(minute, 7, 0) == hour);
  CHECK(wait_after_failure(minute, 1'000'000, 0) == hour);
  CHECK(wait_after_failure(24 * hour, 3, 0) == 24 * hour);
  CHECK(wait_after_failure(minute, 1, 1) == Millis(66'000));
  CHECK(wait_after_failure(minute, 1, -1) == Millis(54'000));
}
