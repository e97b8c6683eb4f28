#pragma once
// What a run keeps of another one when it begins in the middle: the outputs of the steps on the way to the
// step at which it begins, as the other run had them, or as somebody gives them. Pure.
//
// The way is walked as the machine would walk it: a conditional leads into the branch that its kept output
// chose, a fan-out that is kept is passed as a whole, with the reduced outputs of its inner steps. A step on
// the way that has no output ends the matter, because a run with a hole before it would be another run.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <vector>

namespace millrace {

/// A run as far as it came: what its root's steps have given, by step; null: nothing.
struct StepOutputs {
  const Workflow* workflow = nullptr;
  std::vector<SharedJson> by_step;
};

struct KeepOrder {
  const Workflow* workflow = nullptr;  // that is to run: the version of `earlier`, or another one
  StepId from;
  StepOutputs earlier;
  JsonObject given;  // outputs that stand in the place of kept ones, by step id
};

/// In the order of the steps. Error invalid_request with all findings: there is no such step, it stands inside
/// a fan-out, the run does not come by it; a step before it has no output, or another meaning in this version;
/// what is given is of no step before it, or has not the shape of its step's output.
Result<ReplayStart> keep_before(const KeepOrder& order);

}  // namespace millrace
