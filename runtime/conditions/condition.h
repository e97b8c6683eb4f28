#pragma once
// Conditions as definitions write them: an OR of ANDs of comparisons between rendered values.

#include "runtime/base/result.h"
#include "runtime/conditions/operators.h"
#include "runtime/templates/template.h"

#include <vector>

namespace millrace {

struct Condition {
  Template variable;
  Operator op = Operator::exists;
  Template argument;
};

/// OR of ANDs.
using ConditionGroups = std::vector<std::vector<Condition>>;

/// Evaluation stops at the first `false` of a group, as in every language users know, so that an
/// existence test can guard a comparison that would be a type mismatch. The error of one of several
/// conditions says which it is of, and what that was given.
Result<bool> any_holds(const ConditionGroups& groups, const Scope& scope);

/// Every template in it, for linking.
std::vector<Template*> templates_of(ConditionGroups& groups);

}  // namespace millrace
