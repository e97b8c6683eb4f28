#pragma once
// Reads the trigger of a definition.

#include "runtime/reading/object_reader.h"
#include "runtime/triggers/trigger.h"

#include <optional>

namespace millrace {

/// Reads the object under `trigger`. Nothing if even its kind is unknown; that is a finding.
std::optional<Trigger> read_trigger(ObjectReader& workflow);

}  // namespace millrace
