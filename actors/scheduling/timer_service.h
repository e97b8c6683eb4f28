#pragma once
// Fires timers: one thread holds the timers that are due within the horizon and reads further ones
// from their rows. A timer stays in its row until the event that answers it is committed, so a fired
// message that is lost is fired again by a later scan: latency, never a lost run.
//
// Bounded: memory holds at most `held_max` timers, the earliest ones of all shards. When more are due
// within the horizon the others are left out, and read again when the first of them is due. Due timers
// are fired before anything is read, and a scan passes over what has fired, so each scan comes further
// than the one before.

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/timer_table.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace millrace {

struct TimerServiceOptions {
  Millis scan_interval{30'000};
  Millis horizon{60'000};           // > scan_interval, so that no timer falls between two scans
  Millis fire_again_after{30'000};  // a fired timer whose row is still there
  std::size_t held_max = 100'000;
};

class TimerService {
 public:
  using Fire = std::function<void(const storage::TimerRow&)>;

  TimerService(const storage::OrderedStore& store, Clock& clock, LogSink log,
               TimerServiceOptions options);
  ~TimerService() { stop(); }

  /// Begins to scan and fire. `fire` is called on the service's thread and must not block.
  void start(Fire fire);
  /// Fires nothing any more.
  void stop();

  /// A timer was armed (its row is or will be committed). Any thread; returns at once.
  void schedule(const storage::TimerRow& timer);

  std::size_t held() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void turn();
  void fire_due(Lock& lock);
  void scan(Lock& lock);
  bool must_scan(Instant now) const;
  Instant next_wake() const;
  void hold(const storage::TimerRow& timer);

  const storage::TimerTable table_;
  Clock& clock_;
  const LogSink log_;
  const TimerServiceOptions options_;
  Fire fire_;
  std::map<storage::TimerRow, Instant> fired_;  // -> when; the service's thread only

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::set<storage::TimerRow> waiting_;  // by due time
  std::optional<Instant> left_out_;  // when the first timer is due that found no place; not before
                                     // any that had one
  Instant next_scan_{};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace millrace
