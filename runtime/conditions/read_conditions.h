#pragma once
// The key `if`: an array of groups, each an array of `{variable, operator, argument}`. It holds
// when all conditions of some group hold. A flat array of conditions is one group.

#include "runtime/conditions/condition.h"
#include "runtime/reading/object_reader.h"

namespace millrace {

ConditionGroups read_conditions(ObjectReader& parent, std::string_view key);

}  // namespace millrace
