// Work that wakes bring: in parts, each target by one thread at a time.
#include "actors/scheduling/wake_work.h"

#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/support/manual_clock.h"

#include <atomic>
#include <stdexcept>

using namespace millrace;

namespace {

storage::WakeRow wake(const std::string& key, Millis due = Millis(0)) {
  return {Instant(due), storage::WakeTarget::schedule, key, ShardId{1}};
}

bool eventually(const std::function<bool()>& holds) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

void no_log(LogLevel, const std::string&) {}

}  // namespace

TEST_CASE("a target is served again when it says so") {
  ManualClock clock;
  std::atomic<int> served{0};
  WakeWork work(1, 10, clock, no_log, [&](const storage::WakeRow&) -> std::optional<Instant> {
    return ++served < 3 ? std::optional(clock.now() + Millis(1'000)) : std::nullopt;
  });
  work.wake(wake("a"));
  REQUIRE(eventually([&] { return served == 1; }));
  for (int part = 2; part <= 3; ++part) {
    REQUIRE(eventually([&] { return clock.earliest_wait().has_value(); }));
    clock.advance(Millis(1'000));
    REQUIRE(eventually([&] { return served == part; }));
  }
}

TEST_CASE("a further wake of a target is served when it is through with the one at hand") {
  ManualClock clock;
  Gate first;
  std::atomic<int> served{0};
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  WakeWork work(3, 10, clock, no_log, [&](const storage::WakeRow&) -> std::optional<Instant> {
    most = std::max(most.load(), ++at_once);
    if (served == 0) first.stand();
    --at_once;
    ++served;
    return std::nullopt;
  });
  work.wake(wake("a", Millis(1)));
  REQUIRE(eventually([&] { return first.is_taken(); }));
  work.wake(wake("a", Millis(1)));  // the same one: fired again
  work.wake(wake("a", Millis(2)));
  first.open();
  REQUIRE(eventually([&] { return served == 2; }));
  CHECK(most == 1);
}

TEST_CASE("targets beyond the bound are dropped, and so is one whose work throws") {
  ManualClock clock;
  Gate first;
  std::atomic<int> served{0};
  WakeWork work(1, 1, clock, no_log, [&](const storage::WakeRow& row) -> std::optional<Instant> {
    if (row.target_key == "a") first.stand();
    ++served;
    if (row.target_key == "throws") throw std::runtime_error("a bug");
    return std::nullopt;
  });
  work.wake(wake("a"));
  REQUIRE(eventually([&] { return first.is_taken(); }));
  work.wake(wake("b"));
  first.open();
  REQUIRE(eventually([&] { return served == 1; }));
  REQUIRE(eventually([&] {
    work.wake(wake("throws"));
    return served >= 2;
  }));
  REQUIRE(eventually([&] {
    work.wake(wake("c"));
    return served >= 4;
  }));
}
