#pragma once
// The key `if`: an array of groups, each an array of `{variable, operator, argument}`. It holds
// when all conditions of some group hold. A flat array of conditions is one group.

#include "runtime/definitions/object_reader.h"
#include "runtime/definitions/workflow.h"

namespace millrace {

ConditionGroups read_conditions(ObjectReader& parent, std::string_view key);

}  // namespace millrace
