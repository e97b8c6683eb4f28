#include "runtime/history/step_position.h"

#include "runtime/base/limits.h"
#include "runtime/execution/step_path.h"
#include "runtime/history/versions_of_run.h"

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

std::vector<StepPosition> positions_of(const VersionsOfRun& versions, std::string_view id) {
  std::string_view rest = id;
  const auto next_part = [&] {
    const auto dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    return part;
  };
  const std::string_view name = next_part();
  std::vector<std::uint32_t> indexes;
  while (!rest.empty()) {
    const auto index = number_of(next_part());
    if (!index) return {};
    indexes.push_back(*index);
  }
  // One way to write it: no zeros in front, no dot behind.
  if (step_path(std::string(name), indexes) != id) return {};
  std::vector<StepPosition> positions;
  for (const StepIndex number : versions.named(name)) {
    const VersionsOfRun::Place place = versions.at(number);
    const auto& fan_outs = place.step.fan_outs;
    if (fan_outs.size() != indexes.size()) continue;
    StepPosition position{{}, fan_outs.empty() ? number : place.step.index};
    for (std::size_t depth = 0; depth < fan_outs.size(); ++depth) {
      // Those inside elements go by their index.
      const StepIndex before = depth == 0 ? place.steps_before : 0;
      position.branch.elements.push_back({before + fan_outs[depth], indexes[depth]});
    }
    positions.push_back(std::move(position));
  }
  return positions;
}

}  // namespace millrace
