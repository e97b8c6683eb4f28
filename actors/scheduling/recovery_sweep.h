#pragma once
// Finds unfinished runs of the shards that are owned and has them resumed. The first sweep is the recovery after a start; later
// ones prove that a lost message costs latency and never a run: a run that is in memory already ignores
// the wish. Runs that sleep in a delay are left to their timer rows.

#include "actors/shards/shard_ownership.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/execution_table.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace millrace {

class RecoverySweep {
 public:
  using Resume = std::function<void(const ExecutionSummary&)>;

  /// `resume` is called on the sweep's thread and must not block.
  RecoverySweep(const storage::OrderedStore& store, const ShardOwnership& ownership, Clock& clock,
                LogSink log, Millis interval, Resume resume);
  ~RecoverySweep() { stop(); }
  void stop();

  /// The first sweep has planned everything.
  bool has_swept() const { return has_swept_; }
  void wait_for_first_sweep();

 private:
  void run();
  void sweep();

  const storage::ExecutionTable table_;
  const ShardOwnership& ownership_;
  Clock& clock_;
  const LogSink log_;
  const Millis interval_;
  const Resume resume_;
  std::atomic<bool> has_swept_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
