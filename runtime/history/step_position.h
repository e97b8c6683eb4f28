#pragma once
// Where a walk over a run's steps stands: which step of which branch. As text it is what clients carry from one
// page to the next.

#include "runtime/execution/branch_path.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class VersionsOfRun;

struct StepPosition {
  BranchPath branch{};
  /// Nothing: before the branch's first step; of the root branch, at the trigger.
  std::optional<StepIndex> step{};
  bool operator==(const StepPosition&) const = default;
};

/// "3.17-5.0-7": element 17 of the fan-out that is step 3, in it element 0 of step 5, in it step 7. A branch's
/// beginning ends in "-".
std::string to_text(const StepPosition& position);
/// Nothing: it is none.
std::optional<StepPosition> parse_step_position(std::string_view text);
/// Where the step execution with this id ("tag.17", step_path.h) may be: a run that has moved may have come to its
/// step in either version. None: the run has no such step.
std::vector<StepPosition> positions_of(const VersionsOfRun& versions, std::string_view id);

}  // namespace millrace
