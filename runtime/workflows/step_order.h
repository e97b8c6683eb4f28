#pragma once
// Where a branch goes after a step. Steps are numbered in preorder, so a branch's whole position is
// one step index (or `no_step`: past its end), which makes its state small and easy to snapshot.

#include "runtime/base/json.h"
#include "runtime/workflows/workflow.h"

#include <limits>
#include <optional>
#include <vector>

namespace millrace {

inline constexpr StepIndex no_step = std::numeric_limits<StepIndex>::max();

/// For each step, the one that follows when it has ended: its next sibling, or what follows the
/// conditional around it; `no_step` at the end of the workflow or of a fan-out's body.
std::vector<StepIndex> following_steps(const Workflow& workflow);

/// The step behind one that has this output: of a conditional, the first of the branch that was chosen. Nothing:
/// it is no choice of the conditional's.
std::optional<StepIndex> step_behind(const Workflow& workflow, const Step& step,
                                     const Json& output);

inline StepIndex first_of(const Sequence& steps, StepIndex otherwise) {
  return steps.empty() ? otherwise : steps.front().index;
}

}  // namespace millrace
