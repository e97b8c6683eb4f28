#pragma once
// Wakes whatever is due: executions by their timer rows (storage/tables/timer_table.h), everything else by
// wake rows (storage/tables/wake_table.h), both by one mechanism. One thread holds the rows of owned shards
// that are due within the horizon, fires each at its time, and reads further ones from the store.
//
// A row stays until the commit that answers it, so a wake-up that is lost is fired again by a later scan:
// latency, never a lost run. It may therefore arrive twice, and it never says that anything is so: whoever
// is woken looks at its own rows (wake_table.h has the rules).
//
// Shards: a scan reads those that are owned when it begins; what is held of a shard that is lost meanwhile
// is dropped when it is due. Whoever gains shards calls `scan_soon`.
//
// Bounded: memory holds at most `held_max` rows that wait, the earliest ones of all shards and kinds. When
// more are due within the horizon the others are left out, and read again when the first of them is due.
// Due rows are fired before anything is read, and a scan passes over what has fired, so each scan comes
// further than the one before. At most `unanswered_max` wake-ups are on their way: with more rows due, the
// service waits for answers and does not fill mailboxes.
//
// Damage: a row that cannot be read is logged and costs nothing but itself.

#include "actors/shards/shard_ownership.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/due_rows.h"

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
  Millis horizon{60'000};           // > scan_interval, so that no row falls between two scans
  Millis fire_again_after{30'000};  // a fired row that is still there
  Millis crowded_pause{1'000};      // until the next look when too many are unanswered
  std::size_t held_max = 100'000;
  std::size_t unanswered_max = 200'000;  // fired rows that the last scan found still there
};

class TimerService {
 public:
  using Fire = std::function<void(const storage::TimerRow&)>;
  using Wake = std::function<void(const storage::WakeRow&)>;

  TimerService(const storage::OrderedStore& store, const ShardOwnership& ownership, Clock& clock,
               LogSink log, TimerServiceOptions options);
  ~TimerService() { stop(); }

  /// Before `start`: `wake` is called for the rows of this target kind, as `fire` is for timers. Rows of
  /// a kind that nobody serves stay where they are.
  void serve(storage::WakeTarget target, Wake wake);
  /// Begins to scan and fire. `fire` is called on the service's thread and must not block; it outlives
  /// `stop`.
  void start(Fire fire);
  /// Fires nothing any more.
  void stop();

  /// A timer or wake was armed (its row is or will be committed). Any thread; returns at once.
  void schedule(const storage::DueRow& row);
  /// Shards were gained: their rows are read now and not with the next scan. Any thread.
  void scan_soon();

  std::size_t held() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Earlier {
    bool operator()(const storage::DueRow& a, const storage::DueRow& b) const;
  };
  /// What one scan finds out besides the rows that it holds.
  struct Found {
    std::map<storage::DueRow, Instant> unanswered;  // fired, and still there
    std::optional<Instant> stopped_at;              // rows due later than this were not read
    std::size_t unserved = 0;
    bool is_crowded = false;
  };

  void run();
  void turn();
  void fire_due(Lock& lock);
  void fire(const storage::DueRow& row) const;
  void scan(Lock& lock);
  bool see(storage::DueRow row, Found& found);
  void forget_answered(Found& found);
  void report(const Outcome& scanned, const Found& found);
  bool is_served(const storage::DueRow& row) const;
  bool must_scan(Instant now) const;
  Instant next_wake() const;
  bool hold(const storage::DueRow& row);

  const storage::OrderedStore& store_;
  const ShardOwnership& ownership_;
  Clock& clock_;
  const LogSink log_;
  const TimerServiceOptions options_;
  Fire fire_;
  std::map<storage::WakeTarget, Wake> wakes_;  // as it is from the start on
  // The service's thread only.
  std::map<storage::DueRow, Instant> fired_;  // -> when
  std::size_t unserved_ = 0;                  // as of the last scan

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::set<storage::DueRow, Earlier> waiting_;
  std::optional<Instant> left_out_;  // when the first row is due that found no place; not before
                                     // any that had one
  Instant next_scan_{};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace millrace
