#include "runtime/definitions/number_steps.h"

#include "runtime/steps/step_catalog.h"

namespace millrace {
namespace {

void number_sequence(Workflow& workflow, Sequence& sequence, std::vector<StepIndex>& fan_outs) {
  for (Step& step : sequence) {
    step.index = static_cast<StepIndex>(workflow.by_index.size());
    step.fan_outs = fan_outs;
    workflow.by_index.push_back(&step);
    const bool is_fan_out = std::holds_alternative<FanOutStep>(step.config);
    if (is_fan_out) fan_outs.push_back(step.index);
    for (Sequence* const inner : kind_of(step).sequences(step)) {
      number_sequence(workflow, *inner, fan_outs);
    }
    if (is_fan_out) fan_outs.pop_back();
    step.end = static_cast<StepIndex>(workflow.by_index.size());
  }
}

}  // namespace

void number_steps(Workflow& workflow) {
  workflow.by_index.clear();
  std::vector<StepIndex> fan_outs;
  number_sequence(workflow, workflow.steps, fan_outs);
}

}  // namespace millrace
