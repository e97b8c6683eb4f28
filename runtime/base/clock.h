#pragma once
// Time as a port. Everything that needs the time takes a `Clock` in its constructor, so that tests
// move time by hand and a day's delay costs microseconds. `runtime` itself reads no clock: the pure
// machine is told the time.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

namespace millrace {

/// A point in time, UTC, millisecond resolution. This is what journals store.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;
/// A point on a line that never goes back, for measuring how long something took. Means nothing in
/// another process, so it is never stored.
using Moment = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual Moment moment() const = 0;
  /// Blocks the calling thread until `due`, or until `condition` is notified, whichever is first;
  /// may return early. `lock` is held on entry and on return. Never called on an actor's thread.
  virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                          Instant due) = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  Moment moment() const override;
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                  Instant due) override;
};

/// RFC 3339 in UTC with milliseconds, e.g. `2026-01-31T09:00:00.000Z`.
std::string to_text(Instant instant);

}  // namespace millrace
