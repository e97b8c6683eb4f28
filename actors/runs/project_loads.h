#pragma once
// How many runs each project has at work and waiting for a place, for whoever asks from outside the actors: told by
// the project's actor as it changes, gone with it. Thread-safe.

#include "runtime/base/ids.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace millrace {

class ProjectLoads {
 public:
  struct Load {
    std::atomic<std::size_t> running{0};  // runs that have a place
    std::atomic<std::size_t> queued{0};   // those that are known to wait for one
  };

  /// What the project's actor tells. An earlier actor's is forgotten.
  std::shared_ptr<Load> open(const ProjectId& project) {
    auto load = std::make_shared<Load>();
    const std::lock_guard lock(mutex_);
    std::erase_if(loads_, [](const auto& each) { return each.second.expired(); });
    loads_[project] = load;
    return load;
  }

  /// Null: the project has no actor, and so nothing at work.
  std::shared_ptr<const Load> find(const ProjectId& project) const {
    const std::lock_guard lock(mutex_);
    const auto found = loads_.find(project);
    return found == loads_.end() ? nullptr : found->second.lock();
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<ProjectId, std::weak_ptr<Load>> loads_;
};

}  // namespace millrace
