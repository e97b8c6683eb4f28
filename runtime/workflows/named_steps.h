#pragma once
// Steps of a workflow by their ids, for texts that name them.

#include "runtime/workflows/workflow.h"

#include <string>
#include <string_view>

namespace millrace {

/// Null: there is none.
const Step* step_named(const Workflow& workflow, std::string_view id);
/// The id that was probably meant by one that there is not; empty when none is near.
std::string nearest_step(const Workflow& workflow, std::string_view id);

}  // namespace millrace
