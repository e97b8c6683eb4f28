#pragma once
// The requests that wait for a run's Response step. A run that sleeps keeps nothing in memory, not
// even whom to answer; when it is rebuilt, it finds the waiting request here. After a restart nobody
// waits any more. Thread-safe; one per process.

#include "actors/runs/run_order.h"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace millrace {

class HeldReplies {
 public:
  /// One request, as long as its thread waits.
  class Hold {
   public:
    Hold(HeldReplies& all, const RunOrder& order) : all_(all), execution_(order.execution) {
      const std::lock_guard lock(all_.mutex_);
      all_.slots_[execution_] = order.reply;
    }
    ~Hold() {
      const std::lock_guard lock(all_.mutex_);
      all_.slots_.erase(execution_);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    HeldReplies& all_;
    const ExecutionId execution_;
  };

  /// Null when nobody waits for this run.
  std::shared_ptr<ReplySlot> find(const ExecutionId& execution) const {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(execution);
    return found == slots_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<ExecutionId, std::shared_ptr<ReplySlot>> slots_;
};

}  // namespace millrace
