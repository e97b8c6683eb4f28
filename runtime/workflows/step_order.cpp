#include "runtime/workflows/step_order.h"

namespace millrace {
namespace {

void visit(const Sequence& steps, StepIndex after_all, std::vector<StepIndex>& following) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const StepIndex next = i + 1 < steps.size() ? steps[i + 1].index : after_all;
    following[step.index] = next;
    if (const auto* conditional = std::get_if<ConditionalStep>(&step.config)) {
      for (const auto& branch : conditional->branches) visit(branch.steps, next, following);
      visit(conditional->otherwise, next, following);
    } else if (const auto* fan_out = std::get_if<FanOutStep>(&step.config)) {
      visit(fan_out->steps, no_step, following);
    }
  }
}

}  // namespace

std::vector<StepIndex> following_steps(const Workflow& workflow) {
  std::vector<StepIndex> following(workflow.by_index.size(), no_step);
  visit(workflow.steps, no_step, following);
  return following;
}

std::optional<StepIndex> step_behind(const Workflow& workflow, const Step& step,
                                     const Json& output) {
  const StepIndex rejoin = workflow.following[step.index];
  const auto* const conditional = std::get_if<ConditionalStep>(&step.config);
  if (conditional == nullptr) return rejoin;
  const auto* const object = output.if_object();
  const Json* const choice = object == nullptr ? nullptr : object->if_contains("selectedChoice");
  if (choice == nullptr || !choice->is_string()) return std::nullopt;
  const std::string_view label(choice->get_string());
  for (const auto& branch : conditional->branches) {
    if (branch.label == label) return first_of(branch.steps, rejoin);
  }
  if (label != conditional->otherwise_label) return std::nullopt;
  return first_of(conditional->otherwise, rejoin);
}

}  // namespace millrace
