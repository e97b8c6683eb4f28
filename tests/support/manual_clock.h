#pragma once
// A clock that stands still until a test moves it. Threads that wait on it sleep in their own
// condition variable and are woken when the time they wait for has come, so a day's delay costs
// microseconds. Thread-safe.
//
// The thread that calls `advance` must not hold a mutex that another thread waits with.

#include "runtime/base/clock.h"

#include <mutex>
#include <optional>
#include <vector>

namespace millrace {

/// 2026-01-01T00:00:00Z: where test time begins, so that times in expectations can be read.
inline constexpr Instant test_epoch{Millis(1'767'225'600'000)};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = test_epoch) : now_(start) {}

  Instant now() const override;
  /// Moves with `now`.
  Moment moment() const override { return Moment(now().time_since_epoch()); }
  /// Returns when `due` has come or `condition` was notified, whichever is first.
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                  Instant due) override;

  /// Moves time forward and wakes everyone whose time has come.
  void advance(Millis by);
  /// What the next thread to wake waits for, if any thread waits. To advance to it is to wake it.
  std::optional<Instant> earliest_wait() const;

 private:
  struct Waiter {
    std::mutex* mutex;
    std::condition_variable* condition;
    Instant due;
    bool woken = false;
  };

  bool wake_due_waiters();

  mutable std::mutex mutex_;
  Instant now_;
  std::vector<Waiter*> waiters_;  // each lives on the stack of the thread that waits
};

}  // namespace millrace
