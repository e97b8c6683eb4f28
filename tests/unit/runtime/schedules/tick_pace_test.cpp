#include "runtime/schedules/tick_pace.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

constexpr Instant begun{Millis(1'000'000)};
constexpr Millis window{10'000};

TickPace pace_of(std::size_t all, std::size_t done) {
  return {begun, window, all, done, {.least = 10, .most = 250}};
}

}  // namespace

TEST_CASE("a tick that keeps its pace goes on in the smallest parts, evenly over its window") {
  TickPace pace = pace_of(1'000, 10);
  for (int part = 1; part < 100; ++part) {
    CAPTURE(part);
    REQUIRE(pace.next() == begun + part * Millis(100));
    REQUIRE(pace.part(pace.next()) == 10);
    pace.add_done(10);
  }
  CHECK(pace.next() == begun + window);
}

TEST_CASE("a tick that is behind takes what is due, up to the largest part") {
  TickPace pace = pace_of(100'000, 10);
  CHECK(pace.next() == begun + Millis(1));
  CHECK(pace.part(begun + Millis(5)) == 40);
  CHECK(pace.part(begun + Millis(500)) == 250);
  CHECK(pace.part(begun + 2 * window) == 250);
  pace.add_done(250);
  CHECK(pace.next() == begun + Millis(26));
}

TEST_CASE(
    "a clock that was set back, a window of nothing and accounts that came meanwhile stop no "
    "tick") {
  TickPace pace = pace_of(20, 10);
  CHECK(pace.part(begun - Millis(5'000)) == 10);
  pace.add_done(30);
  CHECK(pace.next() == begun + window);
  CHECK(pace.part(pace.next()) == 10);
  const TickPace at_once(begun, Millis(0), 100, 10, {.least = 10, .most = 50});
  CHECK(at_once.next() == begun);
  CHECK(at_once.part(begun) == 50);
}
