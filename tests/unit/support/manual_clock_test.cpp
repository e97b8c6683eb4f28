#include "tests/support/manual_clock.h"

#include "tests/support/catch.h"

#include <atomic>
#include <thread>

namespace millrace {
namespace {

/// A thread that waits for `due` on a manual clock.
class Sleeper {
 public:
  Sleeper(ManualClock& clock, Instant due)
      : thread_([this, &clock, due] {
          std::unique_lock lock(mutex_);
          while (clock.now() < due && !stopped_) clock.wait_until(lock, condition_, due);
          woke_at_ = clock.now();
        }) {}
  ~Sleeper() {
    stop();
    if (thread_.joinable()) thread_.join();
  }

  void stop() {
    const std::lock_guard guard(mutex_);
    stopped_ = true;
    condition_.notify_all();
  }
  Instant woke_at() {
    thread_.join();
    return woke_at_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool stopped_ = false;
  Instant woke_at_{};
  std::thread thread_;
};

void wait_for_sleeper(const ManualClock& clock, Instant due) {
  while (clock.earliest_wait() != due) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a thread that waits on a manual clock wakes when time reaches its due time") {
  ManualClock clock;
  const Instant due = test_epoch + Millis(1'000);
  Sleeper sleeper(clock, due);
  wait_for_sleeper(clock, due);
  clock.advance(Millis(999));
  CHECK(clock.earliest_wait() == due);
  clock.advance(Millis(1));
  CHECK(sleeper.woke_at() == due);
  CHECK_FALSE(clock.earliest_wait());
}

TEST_CASE("a thread that waits on a manual clock wakes when it is notified before") {
  ManualClock clock;
  const Instant due = test_epoch + Millis(1'000);
  Sleeper sleeper(clock, due);
  wait_for_sleeper(clock, due);
  sleeper.stop();
  CHECK(sleeper.woke_at() == test_epoch);
}

TEST_CASE("many threads that race with a manual clock all wake in the end") {
  for (int round = 0; round < 50; ++round) {
    ManualClock clock;
    Sleeper first(clock, test_epoch + Millis(1));
    Sleeper second(clock, test_epoch + Millis(2));
    Sleeper third(clock, test_epoch + Millis(3));
    clock.advance(Millis(2));
    clock.advance(Millis(1));
    CHECK(first.woke_at() >= test_epoch + Millis(1));
    CHECK(second.woke_at() >= test_epoch + Millis(2));
    CHECK(third.woke_at() >= test_epoch + Millis(3));
  }
}

}  // namespace millrace
