#include "actors/functions/resting_workers.h"

#include <algorithm>

namespace millrace {
namespace {

/// One of these is the most for one worker.
constexpr std::size_t parts_of_memory = 8;

}  // namespace

std::vector<RestingWorkers::WorkerId> RestingWorkers::add(const ProjectId& project, WorkerId worker,
                                                          std::size_t bytes) {
  if (limits_.workers == 0 || bytes > limits_.bytes / parts_of_memory) return {worker};
  std::vector<WorkerId> ending;
  if (const auto before = take(project)) ending.push_back(*before);
  while (resting_.size() >= limits_.workers || bytes_ + bytes > limits_.bytes) {
    ending.push_back(remove(resting_.begin()));
  }
  of_project_[project] = resting_.insert(resting_.end(), {project, worker, bytes});
  bytes_ += bytes;
  return ending;
}

std::optional<RestingWorkers::WorkerId> RestingWorkers::take(const ProjectId& project) {
  const auto found = of_project_.find(project);
  if (found == of_project_.end()) return std::nullopt;
  return remove(found->second);
}

void RestingWorkers::ended(WorkerId worker) {
  const auto found = std::find_if(resting_.begin(), resting_.end(),
                                  [worker](const Resting& each) { return each.worker == worker; });
  if (found != resting_.end()) remove(found);
}

RestingWorkers::WorkerId RestingWorkers::remove(Place place) {
  const WorkerId worker = place->worker;
  bytes_ -= place->bytes;
  of_project_.erase(place->project);
  resting_.erase(place);
  return worker;
}

}  // namespace millrace
