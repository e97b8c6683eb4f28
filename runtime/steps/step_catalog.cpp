#include "runtime/steps/step_catalog.h"

#include <array>
#include <variant>

namespace millrace {
namespace {

constexpr std::array kinds{
    &function_step_kind, &conditional_step_kind, &fan_out_step_kind, &delay_step_kind,
    &response_step_kind, &request_step_kind,     &action_step_kind,
};
static_assert(kinds.size() == std::variant_size_v<decltype(Step::config)>);

}  // namespace

const StepKind* find_step_kind(std::string_view type) {
  for (const StepKind* const kind : kinds) {
    if (kind->type == type) return kind;
  }
  return nullptr;
}

const StepKind& kind_of(const Step& step) { return *kinds[step.config.index()]; }

const std::vector<std::string>& step_types() {
  static const std::vector<std::string> types = [] {
    std::vector<std::string> all;
    for (const StepKind* const kind : kinds) all.emplace_back(kind->type);
    return all;
  }();
  return types;
}

std::vector<Sequence*> no_sequences(Step&) { return {}; }

std::string_view history_type(const Step& step) {
  const auto* const request = std::get_if<RequestStep>(&step.config);
  if (request != nullptr && !request->integration.empty()) {
    return "ACTION/CUSTOM_INTEGRATION_REQUEST";
  }
  return kind_of(step).history_type;
}

const RequestTemplate* request_of(const Step& step) {
  if (const auto* const request = std::get_if<RequestStep>(&step.config)) return &request->request;
  const auto* const action = std::get_if<ActionStep>(&step.config);
  return action == nullptr || action->declared == nullptr ? nullptr : &action->declared->request;
}

const Integration* integration_of(const Step& step) {
  if (const auto* const request = std::get_if<RequestStep>(&step.config)) {
    return request->frozen_integration.get();
  }
  const auto* const action = std::get_if<ActionStep>(&step.config);
  return action == nullptr ? nullptr : action->frozen_integration.get();
}

std::string_view definition_type(const Step& step) { return kind_of(step).type; }

}  // namespace millrace
