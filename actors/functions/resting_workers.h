#pragma once
// Which workers rest: they have left their place to another project, and keep their project's contexts for its next
// call, which then costs no new process. One for each project; bounded in number and in memory: the one that has rested
// longest ends for a further one. Pure: it keeps the list and is told what happens; `WorkerFleet` drives processes.

#include "runtime/base/ids.h"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace millrace {

class RestingWorkers {
 public:
  using WorkerId = int;  // of a worker while it lives: its socket

  struct Limits {
    std::size_t workers = 0;
    std::size_t bytes = 0;  // of all together
  };

  explicit RestingWorkers(Limits limits) : limits_(limits) {}

  /// The worker, which has so much memory of its own, rests for the project. Returns those that have to end: whoever
  /// rested for the project before, those that have rested longest, or itself, when it has more than an eighth of all
  /// memory that there is for this: one project must not end the workers of many.
  std::vector<WorkerId> add(const ProjectId& project, WorkerId worker, std::size_t bytes);
  /// The one that rests for the project rests no longer; nothing: none does.
  std::optional<WorkerId> take(const ProjectId& project);
  /// It ended by itself.
  void ended(WorkerId worker);

  std::size_t size() const { return resting_.size(); }

 private:
  struct Resting {
    ProjectId project;
    WorkerId worker;
    std::size_t bytes;
  };
  using Place = std::list<Resting>::iterator;

  WorkerId remove(Place place);

  const Limits limits_;
  std::list<Resting> resting_;  // the one that has rested longest first
  std::unordered_map<ProjectId, Place> of_project_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace
