#pragma once
// How many requests of one project wait at the same time: each takes a connection of the node, so that no
// project may have them all. Thread-safe; outlives its places.

#include "runtime/base/ids.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace millrace {

class ProjectPlaces {
 public:
  /// `taken` counts the places that are taken, for /metrics.
  explicit ProjectPlaces(std::atomic<std::int64_t>& taken) : taken_(taken) {}

  /// The right of one request to wait; or nothing, when the project has none left.
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
    friend class ProjectPlaces;
    Place(ProjectPlaces& all, ProjectId project) : all_(&all), project_(std::move(project)) {}

    ProjectPlaces* all_ = nullptr;
    ProjectId project_;
  };

  /// Nothing when `count_max` requests of the project wait.
  Place take(const ProjectId& project, std::size_t count_max);
  std::size_t taken(const ProjectId& project) const;

 private:
  void leave(const ProjectId& project);

  std::atomic<std::int64_t>& taken_;
  mutable std::mutex mutex_;
  std::unordered_map<ProjectId, std::size_t> counts_;  // those that have any
};

}  // namespace millrace
