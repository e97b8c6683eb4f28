#pragma once
// Finds unfinished runs of the shards that are owned and has them resumed. The first sweep is the recovery after a
// start; later ones prove that a lost message costs latency and never a run: a run that is in memory already ignores
// the wish. Runs that sleep in a delay are left to their timer rows.
//
// A start whose commit failed was refused, and may be on the disk all the same (a log that was written and not
// synced). Such runs are named here, and forgotten for good as soon as the disk takes commits again.

#include "actors/shards/shard_ownership.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/execution_table.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

namespace millrace {

class RecoverySweep {
 public:
  using Resume = std::function<void(const ExecutionSummary&)>;
  /// Erases a refused run, if it is there. May block. An error: not yet, ask again.
  using Forget = std::function<Outcome(const ExecutionId&)>;
  /// Beyond so many at once, those that are there are found by a sweep.
  static constexpr std::size_t refused_max = 10'000;

  /// `resume` is called on the sweep's thread and must not block.
  RecoverySweep(const storage::OrderedStore& store, const ShardOwnership& ownership, Clock& clock,
                LogSink log, Millis interval, Resume resume, Forget forget = {});
  ~RecoverySweep() { stop(); }
  void stop();

  /// Any thread: the start of this run was refused because its commit failed.
  void refused(const ExecutionId& run);

  /// The first sweep has planned everything.
  bool has_swept() const { return has_swept_; }
  void wait_for_first_sweep();

 private:
  void run();
  void sweep();
  /// Until the next sweep is due.
  void wait(std::unique_lock<std::mutex>& lock, Instant next);
  /// True: nothing is left of the refused ones.
  bool forget_refused(std::unique_lock<std::mutex>& lock);
  bool is_refused(const ExecutionId& run);

  const storage::ExecutionTable table_;
  const ShardOwnership& ownership_;
  Clock& clock_;
  const LogSink log_;
  const Millis interval_;
  const Resume resume_;
  const Forget forget_;  // null: nobody names any
  std::atomic<bool> has_swept_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::set<ExecutionId> refused_;
  std::thread thread_;
};

}  // namespace millrace
