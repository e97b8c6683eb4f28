#include "actors/runs/project_places.h"

#include "runtime/base/check.h"

namespace millrace {

ProjectPlaces::Place ProjectPlaces::take(const ProjectId& project, std::size_t count_max) {
  const std::lock_guard lock(mutex_);
  const auto counted = counts_.find(project);
  const std::size_t count = counted == counts_.end() ? 0 : counted->second;
  if (count >= count_max) return {};
  counts_[project] = count + 1;
  ++taken_;
  return {*this, project};
}

std::size_t ProjectPlaces::taken(const ProjectId& project) const {
  const std::lock_guard lock(mutex_);
  const auto counted = counts_.find(project);
  return counted == counts_.end() ? 0 : counted->second;
}

void ProjectPlaces::leave(const ProjectId& project) {
  const std::lock_guard lock(mutex_);
  const auto counted = counts_.find(project);
  CHECK(counted != counts_.end(), "a place is left that was not taken");
  if (--counted->second == 0) counts_.erase(counted);
  --taken_;
}

}  // namespace millrace
