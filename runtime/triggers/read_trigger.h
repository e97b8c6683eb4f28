#pragma once
// Reads the trigger of a definition. `trigger_types` is the list of what this version supports.

#include "runtime/reading/object_reader.h"
#include "runtime/triggers/request_trigger.h"

#include <string>
#include <vector>

namespace millrace {

/// Reads the object under `trigger`.
RequestTrigger read_trigger(ObjectReader& workflow);

const std::vector<std::string>& trigger_types();

/// Reads what a request trigger has besides its type.
RequestTrigger read_request_trigger(ObjectReader& json);

}  // namespace millrace
