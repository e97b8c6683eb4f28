#include "runtime/conditions/condition.h"

namespace millrace {
namespace {

Result<bool> all_hold(const std::vector<Condition>& group, const Scope& scope) {
  for (const auto& condition : group) {
    auto holds =
        evaluate(condition.op, condition.variable.render(scope), condition.argument.render(scope));
    if (!holds || !*holds) return holds;
  }
  return true;
}

}  // namespace

Result<bool> any_holds(const ConditionGroups& groups, const Scope& scope) try {
  for (const auto& group : groups) {
    auto holds = all_hold(group, scope);
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
