#pragma once
// How a thread that works in rounds is told to stop: also while it waits for the next one, or is inside of something
// that looks at a flag. One that nobody sets is a wait by the clock. Thread-safe.

#include "runtime/base/clock.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace millrace {

class StopSign {
 public:
  /// `clock` outlives it.
  explicit StopSign(Clock& clock) : clock_(clock) {}

  void set() {
    {
      const std::lock_guard lock(mutex_);  // who is about to wait has seen it, or waits already
      flag_ = true;
    }
    wake_.notify_all();
  }
  bool is_set() const { return flag_; }
  std::atomic<bool>& flag() { return flag_; }

  /// Blocks for that time, or until it is set. Never called on an actor's thread.
  void wait_for(Millis time) {
    std::unique_lock lock(mutex_);
    const Instant until = clock_.now() + time;
    while (!flag_ && clock_.now() < until) clock_.wait_until(lock, wake_, until);
  }

 private:
  Clock& clock_;
  std::atomic<bool> flag_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace millrace
