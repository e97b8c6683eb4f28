#include "tests/support/manual_clock.h"

#include <algorithm>
#include <thread>

namespace millrace {

Instant ManualClock::now() const {
  const std::lock_guard guard(mutex_);
  return now_;
}

void ManualClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                             Instant due) {
  Waiter waiter{lock.mutex(), &condition, due};
  {
    const std::lock_guard guard(mutex_);
    if (due <= now_) return;
    waiters_.push_back(&waiter);
  }
  condition.wait(lock);
  const std::lock_guard guard(mutex_);
  std::erase(waiters_, &waiter);
}

void ManualClock::advance(Millis by) {
  {
    const std::lock_guard guard(mutex_);
    now_ += by;
  }
  while (!wake_due_waiters()) std::this_thread::yield();
}

bool ManualClock::wake_due_waiters() {
  // A waiter holds its own mutex from before it is registered until it sleeps: only when that mutex
  // is free does a notification reach it. It is tried, not locked, because the waiter takes the two
  // mutexes in the other order.
  const std::lock_guard guard(mutex_);
  bool all_woken = true;
  for (Waiter* const waiter : waiters_) {
    if (waiter->woken || waiter->due > now_) continue;
    if (!waiter->mutex->try_lock()) {
      all_woken = false;
      continue;
    }
    waiter->condition->notify_all();
    waiter->woken = true;
    waiter->mutex->unlock();
  }
  return all_woken;
}

std::optional<Instant> ManualClock::earliest_wait() const {
  const std::lock_guard guard(mutex_);
  std::optional<Instant> earliest;
  for (const Waiter* const waiter : waiters_) {
    if (!earliest || waiter->due < *earliest) earliest = waiter->due;
  }
  return earliest;
}

}  // namespace millrace
