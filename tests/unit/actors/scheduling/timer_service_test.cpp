#include "actors/scheduling/timer_service.h"

#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <mutex>
#include <stdexcept>

using namespace millrace;

namespace {

/// The service over rows of many shards; notes what fires.
class Timers {
 public:
  explicit Timers(std::size_t held_max)
      : service(
            store, clock, [](LogLevel, const std::string&) {}, options(held_max)) {}

  /// Rows of `count` users that are due after `wait`.
  void arm(std::size_t count, Millis wait, bool tell_service = false) {
    for (std::size_t i = 0; i < count; ++i) {
      storage::TimerRow row;
      row.due = clock.now() + wait;
      row.project = ProjectId("demo");
      row.user = UserId("user-" + std::to_string(armed_++));
      row.execution = ExecutionId::make(shard_of(row.project, row.user), clock.now(), random_);
      storage::WriteBatch batch;
      storage::TimerTable::put(batch, row);
      REQUIRE(store.commit(batch).ok());
      if (tell_service) service.schedule(row);
    }
  }

  void start() {
    service.start([this](const storage::TimerRow& row) {
      const std::lock_guard lock(mutex_);
      fired_.push_back(row.due);
      if (throws) throw std::runtime_error("injected bug");
    });
  }

  /// When each timer was due, in the order in which they fired.
  std::vector<Instant> fired() const {
    const std::lock_guard lock(mutex_);
    return fired_;
  }
  bool fires(std::size_t count) const {
    return ActorTestBed::eventually([&] { return fired().size() >= count; });
  }
  /// It has done what is to be done now.
  bool rests() const {
    return ActorTestBed::eventually([&] { return clock.earliest_wait() > clock.now(); });
  }
  bool waits_until(Instant time) const {
    return ActorTestBed::eventually([&] { return clock.earliest_wait() == time; });
  }

  storage::MemoryStore store;
  ManualClock clock;
  bool throws = false;

 private:
  static TimerServiceOptions options(std::size_t held_max) {
    TimerServiceOptions options;
    options.held_max = held_max;
    return options;
  }

  SeededRandom random_{1};
  std::size_t armed_ = 0;
  mutable std::mutex mutex_;
  std::vector<Instant> fired_;

 public:
  TimerService service;  // last: its thread uses everything above
};

}  // namespace

TEST_CASE("more timers than are held fire together when they are due together") {
  Timers timers(10);
  const Instant due = timers.clock.now() + Millis(20'000);
  timers.arm(35, Millis(20'000));
  timers.arm(1, Millis(25'000));
  timers.start();
  REQUIRE(timers.waits_until(due));
  CHECK(timers.service.held() == 10);
  timers.clock.advance(Millis(20'001));
  REQUIRE(timers.fires(35));
  REQUIRE(timers.waits_until(due + Millis(5'000)));
  CHECK(timers.fired().size() == 35);  // each once
  timers.clock.advance(Millis(5'000));
  CHECK(timers.fires(36));
}

TEST_CASE("timers that were overdue before the start all fire although few are held") {
  Timers timers(10);
  timers.arm(45, Millis(0));
  timers.clock.advance(Millis(60'000));
  timers.start();
  CHECK(timers.fires(45));
}

TEST_CASE("timers that find no place when they are armed fire when they are due") {
  Timers timers(10);
  timers.start();
  REQUIRE(timers.waits_until(timers.clock.now() + Millis(30'000)));
  timers.arm(30, Millis(5'000), /*tell_service=*/true);
  CHECK(timers.service.held() == 10);
  timers.clock.advance(Millis(5'001));
  CHECK(timers.fires(30));
}

TEST_CASE("of all shards the earliest timers are held") {
  Timers timers(10);
  timers.arm(30, Millis(20'000));
  timers.arm(5, Millis(7'000));
  const Instant first = timers.clock.now() + Millis(7'000);
  timers.start();
  REQUIRE(timers.waits_until(first));
  timers.clock.advance(Millis(7'000));
  REQUIRE(timers.fires(5));
  CHECK(timers.fired() == std::vector<Instant>(5, first));
}

TEST_CASE("a timer whose row is still there is fired again by a later scan") {
  Timers timers(10);
  timers.arm(1, Millis(1'000));
  timers.start();
  timers.clock.advance(Millis(1'000));
  REQUIRE(timers.fires(1));
  REQUIRE(timers.rests());
  while (timers.fired().size() < 2 && timers.clock.now() < test_epoch + Millis(120'000)) {
    timers.clock.advance(Millis(1'000));
    REQUIRE(timers.rests());
  }
  CHECK(timers.fired().size() == 2);
  CHECK(timers.clock.now() >= test_epoch + Millis(31'000));
}

TEST_CASE("a bug while one timer fires does not keep the others from firing") {
  Timers timers(10);
  timers.throws = true;
  timers.arm(15, Millis(0));
  timers.start();
  CHECK(timers.fires(15));
}
