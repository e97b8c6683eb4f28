#pragma once
// The requests that wait for a run's Response step. A run that sleeps keeps nothing in memory, not
// even whom to answer; when it is rebuilt, it finds the waiting request here. After a restart nobody
// waits any more. Each project may have so many requests waiting, because each takes a connection of
// the node. Thread-safe; one per process.

#include "actors/runs/project_places.h"
#include "actors/runs/run_order.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace millrace {

class HeldReplies {
 public:
  /// `held` counts the places that are taken, for /metrics.
  explicit HeldReplies(std::atomic<std::int64_t>& held) : places_(held) {}

  using Place = ProjectPlaces::Place;
  /// The right to wait for a Response step. Nothing when `count_max` requests of the project wait.
  Place take_place(const ProjectId& project, std::size_t count_max) {
    return places_.take(project, count_max);
  }

  /// How many requests of the project wait.
  std::size_t held(const ProjectId& project) const { return places_.taken(project); }

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
  ProjectPlaces places_;
  mutable std::mutex mutex_;
  std::unordered_map<ExecutionId, std::shared_ptr<ReplySlot>> slots_;
};

}  // namespace millrace
