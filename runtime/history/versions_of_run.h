#pragma once
// The versions of its workflow that one run has been on, as its root's journal tells them, and what its steps are
// called: by the version that it is on last.
//
//   version 2:  0 load   1 wait   2 send          number = index
//   version 3:  3 load   4 pause  5 check  6 send number = index, behind the steps of the versions before
//
// A step of the root has a number of its own in each version, so what a run did under one is told apart from what it
// did under another. A fan-out keeps the number that it was opened under; its elements' paths hold it, and inside of
// them steps go by their index in that version. Of a run that was never migrated numbers are indexes.
//
// What has a counterpart in the last version is shown under that one's id. What has none keeps its id, or, where that
// is something else by now, has its version behind it: "check@2". Pure, immutable.

#include "runtime/base/result.h"
#include "runtime/execution/branch_path.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A version of the run's workflow, as it is executed. Errors: those of whoever keeps them.
using FindVersion = std::function<Result<std::shared_ptr<const Workflow>>(WorkflowVersion)>;

/// Puts in the versions that events of a root move to.
Outcome put_in_versions(std::vector<Event>& events, const FindVersion& find);

class VersionsOfRun {
 public:
  /// `first`: that it began on. `root_events`: its root's journal, versions put in.
  VersionsOfRun(std::shared_ptr<const Workflow> first, const std::vector<Event>& root_events);
  /// Reads which one is the first out of the journal as well. Errors: corrupt_data (it does not begin with
  /// ExecutionStarted), and those of `find`.
  static Result<std::shared_ptr<const VersionsOfRun>> read(std::vector<Event>& root_events,
                                                           const FindVersion& find);

  const std::shared_ptr<const Workflow>& first() const { return parts_.front().workflow; }
  const Workflow& last() const { return *parts_.back().workflow; }
  bool has_moved() const { return parts_.size() > 1; }

  struct Place {
    const Workflow& workflow;
    const Step& step;
    StepIndex steps_before;         // the number of the version's first step
    const std::string& shown;       // what the step is called
    std::optional<StepIndex> last;  // its counterpart in the last version
  };
  /// Of a step of the root, by its number; inside an element, by its index. A CHECK: the run has no such step.
  Place at(const BranchPath& path, StepIndex step) const;
  Place at(StepIndex number) const { return at({}, number); }
  /// All that are shown under this id, by their numbers (inside a fan-out as if it were the root's), in their order.
  std::vector<StepIndex> named(std::string_view id) const;
  /// How many numbers there are.
  StepIndex end() const;

 private:
  struct Part {
    StepIndex steps_before = 0;
    std::shared_ptr<const Workflow> workflow;
    std::vector<std::optional<StepIndex>> last;  // by step
    std::vector<std::string> shown;              // likewise
  };
  const Part& part_of(StepIndex number) const;

  std::vector<Part> parts_;
};

}  // namespace millrace
