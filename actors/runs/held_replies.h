#pragma once
// The requests that wait for a run's Response step. A run that sleeps keeps nothing in memory, not
// even whom to answer; when it is rebuilt, it finds the waiting request here. After a restart nobody
// waits any more. Each project may have so many requests waiting, because each takes a connection of
// the node. Thread-safe; one per process.

#include "actors/runs/run_order.h"
#include "runtime/base/check.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace millrace {

class HeldReplies {
 public:
  /// `held` counts the places that are taken, for /metrics.
  explicit HeldReplies(std::atomic<std::int64_t>& held) : held_(held) {}

  /// The right of one request to wait for a Response step; or nothing, when the project has none left.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : all_(std::exchange(other.all_, nullptr)), project_(std::move(other.project_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (all_ != nullptr) all_->leave(project_);
    }

    bool is_taken() const { return all_ != nullptr; }

   private:
    friend class HeldReplies;
    Place(HeldReplies& all, ProjectId project) : all_(&all), project_(std::move(project)) {}

    HeldReplies* all_ = nullptr;
    ProjectId project_;
  };

  /// Nothing when `count_max` requests of the project wait.
  Place take_place(const ProjectId& project, std::size_t count_max) {
    const std::lock_guard lock(mutex_);
    const auto counted = counts_.find(project);
    const std::size_t count = counted == counts_.end() ? 0 : counted->second;
    if (count >= count_max) return {};
    counts_[project] = count + 1;
    ++held_;
    return {*this, project};
  }

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
  void leave(const ProjectId& project) {
    const std::lock_guard lock(mutex_);
    const auto counted = counts_.find(project);
    CHECK(counted != counts_.end(), "a place is left that was not taken");
    if (--counted->second == 0) counts_.erase(counted);
    --held_;
  }

  std::atomic<std::int64_t>& held_;
  mutable std::mutex mutex_;
  std::unordered_map<ExecutionId, std::shared_ptr<ReplySlot>> slots_;
  std::unordered_map<ProjectId, std::size_t> counts_;  // those that have any
};

}  // namespace millrace
