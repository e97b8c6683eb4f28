#pragma once
// Fires timers: one thread holds the timers that are due within the horizon and reads further ones
// from their rows. A timer stays in its row until the event that answers it is committed, so a fired
// message that is lost is fired again by the next scan: latency, never a lost run.
//
// Bounded: memory holds at most `held_max` timers; when more are due within the horizon the rest are
// read when those have fired.

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/timer_table.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
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
  void run();
  void scan();
  void hold(const storage::TimerRow& timer);

  const storage::TimerTable table_;
  Clock& clock_;
  const LogSink log_;
  const TimerServiceOptions options_;
  Fire fire_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::set<storage::TimerRow> waiting_;         // by due time
  std::map<storage::TimerRow, Instant> fired_;  // -> when
  Instant next_scan_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
