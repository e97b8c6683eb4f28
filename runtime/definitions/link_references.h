#pragma once
// Links the references of a workflow to its steps and refuses those that cannot have a value. A
// step may refer to what is upstream of it:
//
//   an earlier step of its own sequence, or of a sequence around it
//   what is inside such an earlier step: in a branch (null if that was not taken), or in a fan-out
//     (then an array over the elements)
//   a fan-out around it: `instance` and `index` only
//
// A reference also names what there is: its first key must be one that the step's type offers.

#include "runtime/reading/findings.h"
#include "runtime/workflows/workflow.h"

#include <set>
#include <string>

namespace millrace {

/// Needs numbered steps; fills in the references and `read_outside_fan_out`. Of the steps with the ids
/// in `uncertain` the keys are not checked, because their type is not known.
void link_references(Workflow& workflow, const std::set<std::string>& uncertain,
                     Findings& findings);

}  // namespace millrace
