#pragma once
// An open fan-out: the step, its elements, and what they all see. Fixed when it opens, or again when its
// branch is rebuilt: it is rendered from the state and never stored.

#include "runtime/execution/branch_machine.h"

#include <memory>
#include <utility>

namespace millrace {

struct OpenFanOut {
  /// Of a machine that stands at an open fan-out.
  explicit OpenFanOut(const BranchMachine& branch)
      : workflow(branch.shared_workflow()),
        step(*workflow->by_index[branch.open_fan_out().value()]),
        number(branch.open_fan_out_number().value()),
        items(branch.fan_out_items()),
        scope(branch.freeze_scope()),
        started(branch.step_started()) {}

  std::uint32_t count() const { return static_cast<std::uint32_t>(items.get_array().size()); }
  const Json& item(std::uint32_t index) const { return items.get_array().at(index); }
  /// The machine of one element that begins.
  BranchMachine element(std::uint32_t index) const {
    return BranchMachine(workflow, scope, step, item(index), index);
  }

  std::shared_ptr<const Workflow> workflow;
  const Step& step;
  StepIndex number;  // that the elements' paths hold
  Json items;        // an array
  std::shared_ptr<const BranchScope> scope;
  Instant started;
};

}  // namespace millrace
