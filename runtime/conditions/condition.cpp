#include "runtime/conditions/condition.h"

#include <cstddef>
#include <string>

namespace millrace {
namespace {

constexpr std::size_t shown_bytes_max = 80;

std::string shown(const Json& value) {
  std::string text = to_text(value);
  if (text.size() <= shown_bytes_max) return text;
  text.resize(shown_bytes_max);
  while (!text.empty() && !is_valid_utf8(text)) text.pop_back();
  return text + "...";
}

/// Which condition it is, and what it was given: the place in the error's first detail, and in its message
/// when there are several.
Error placed(Error error, const ConditionGroups& groups, std::size_t group, std::size_t position,
             const Json& variable, const Json& argument) {
  std::string place = "condition " + std::to_string(position + 1) + " of group " +
                      std::to_string(group + 1) + ": `variable` is " + shown(variable);
  if (takes_argument(groups[group][position].op)) place += ", `argument` is " + shown(argument);
  const bool is_only_one = groups.size() == 1 && groups[group].size() == 1;
  if (!is_only_one) error.message += " (" + place + ")";
  if (error.details.empty()) error.details.emplace_back();
  error.details.front().path = std::move(place);
  return error;
}

Result<bool> all_hold(const ConditionGroups& groups, std::size_t group, const Scope& scope) {
  for (std::size_t i = 0; i < groups[group].size(); ++i) {
    const Condition& condition = groups[group][i];
    const Json variable = condition.variable.render(scope);
    const Json argument = condition.argument.render(scope);
    auto holds = evaluate(condition.op, variable, argument);
    if (!holds) return placed(holds.error(), groups, group, i, variable, argument);
    if (!*holds) return holds;
  }
  return true;
}

}  // namespace

Result<bool> any_holds(const ConditionGroups& groups, const Scope& scope) try {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto holds = all_hold(groups, i, scope);
    if (!holds || *holds) return holds;
  }
  return false;
} catch (const RenderedTooMuch& too_much) {
  return Error(ErrorCode::limit_exceeded, too_much.what());
}

std::vector<Template*> templates_of(ConditionGroups& groups) {
  std::vector<Template*> all;
  for (auto& group : groups) {
    for (auto& condition : group) {
      all.push_back(&condition.variable);
      all.push_back(&condition.argument);
    }
  }
  return all;
}

}  // namespace millrace
