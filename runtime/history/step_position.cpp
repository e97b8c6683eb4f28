#include "runtime/history/step_position.h"

#include "runtime/base/limits.h"
#include "runtime/workflows/workflow.h"

#include <charconv>

namespace millrace {
namespace {

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<BranchPath::Element> element_of(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto fan_out = number_of(text.substr(0, dot));
  const auto index = number_of(text.substr(dot + 1));
  if (!fan_out || !index) return std::nullopt;
  return BranchPath::Element{*fan_out, *index};
}

}  // namespace

std::string to_text(const StepPosition& position) {
  std::string text;
  for (const auto& [fan_out, index] : position.branch.elements) {
    text += std::to_string(fan_out) + '.' + std::to_string(index) + '-';
  }
  if (position.step) return text + std::to_string(*position.step);
  return text.empty() ? "-" : text;
}

std::optional<StepPosition> parse_step_position(std::string_view text) {
  StepPosition position;
  if (text == "-") return position;
  for (auto dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-')) {
    const auto element = element_of(text.substr(0, dash));
    const bool is_too_deep = position.branch.elements.size() >= limits::step_nesting_max;
    if (!element || is_too_deep) return std::nullopt;
    position.branch.elements.push_back(*element);
    text.remove_prefix(dash + 1);
  }
  if (text.empty()) {
    return position.branch.is_root() ? std::nullopt : std::optional(std::move(position));
  }
  position.step = number_of(text);
  if (!position.step) return std::nullopt;
  return position;
}

std::optional<StepIndex> index_of(const Workflow& workflow, std::string_view step) {
  for (const Step* const each : workflow.by_index) {
    if (each->id.text == step) return each->index;
  }
  return std::nullopt;
}

std::optional<StepPosition> position_of(const Workflow& workflow, std::string_view id) {
  std::string_view rest = id;
  const auto next_part = [&] {
    const auto dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    return part;
  };
  const auto step = index_of(workflow, next_part());
  if (!step) return std::nullopt;
  StepPosition position{{}, step};
  for (const StepIndex fan_out : workflow.by_index[*step]->fan_outs) {
    const auto index = number_of(next_part());
    if (!index) return std::nullopt;
    position.branch.elements.push_back({fan_out, *index});
  }
  // One way to write it: no further indexes, no zeros in front.
  std::string whole = workflow.by_index[*step]->id.text;
  for (const auto& element : position.branch.elements) whole += '.' + std::to_string(element.index);
  return whole == id ? std::optional(std::move(position)) : std::nullopt;
}

}  // namespace millrace
