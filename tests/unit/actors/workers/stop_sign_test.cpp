#include "actors/workers/stop_sign.h"

#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/poll_until.h"

#include <future>

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("who waits for a round goes on when its time has come, and at once when it is to stop") {
  ManualClock clock;
  StopSign sign(clock);
  const auto wait = [&] {
    return std::async(std::launch::async, [&] { sign.wait_for(Millis(10)); });
  };
  auto waiting = wait();
  REQUIRE(poll_until([&] { return clock.earliest_wait().has_value(); }));
  CHECK(*clock.earliest_wait() == test_epoch + Millis(10));
  clock.advance(Millis(10));
  waiting.get();
  CHECK_FALSE(sign.is_set());
  waiting = wait();
  REQUIRE(poll_until([&] { return clock.earliest_wait().has_value(); }));
  sign.set();
  waiting.get();
  CHECK(sign.is_set());
  CHECK(sign.flag());
  wait().get();
  CHECK(clock.now() == test_epoch + Millis(10));
}
