#pragma once
// All steps of a run in the order in which they ended, elements of fan-outs included: reads every branch, or as
// many as are wanted (branch_replay.h says what is made of each). Pure; the journals come from the caller.
//
// Elements of an open fan-out that have no journal yet are told of as well, as far as they may have begun
// (begun_elements.h): their first step runs.

#include "runtime/history/branch_replay.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class StepHistory {
 public:
  /// Gives the journals of the children of one fan-out, in element order; `take` returns false to stop.
  using TakeChild = std::function<bool(std::uint32_t index, const std::vector<Event>& events)>;
  using ReadChildren =
      std::function<Outcome(const BranchPath& parent, StepIndex fan_out, const TakeChild& take)>;
  using Finding = StepFinding;
  using Visit = std::function<void(Finding&&)>;

  /// Asked before each element; true: those that are left of its fan-out are passed over.
  using HasEnough = std::function<bool()>;

  StepHistory(std::shared_ptr<const VersionsOfRun> versions, ExecutionId execution,
              ReadChildren children, Visit visit, HasEnough has_enough = {},
              std::shared_ptr<const RepeatedAttempts> repeated = nullptr);

  /// Replays the root journal and whatever lies below it. Errors: corrupt_data, or what reading the
  /// children gave.
  Outcome replay(const std::vector<Event>& root_events);

 private:
  class Listener;

  Outcome replay_children(const OpenedFanOut& fan_out, const BranchMachine& machine,
                          const BranchPath& path);

  std::shared_ptr<const VersionsOfRun> versions_;
  const ExecutionId execution_;
  const ReadChildren read_children_;
  const Visit visit_;
  const HasEnough has_enough_;
  const std::shared_ptr<const RepeatedAttempts> repeated_;
};

}  // namespace millrace
