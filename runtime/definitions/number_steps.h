#pragma once
// Fills in what a workflow's steps know of their place: index and end (preorder), the fan-outs
// around each, and `by_index`.

#include "runtime/workflows/workflow.h"

namespace millrace {

/// The steps must be where they will stay: `by_index` points at them.
void number_steps(Workflow& workflow);

}  // namespace millrace
