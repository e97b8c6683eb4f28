#pragma once
// Durations in definitions: "500ms", "30s", "5m", "2h", "1d". Whole numbers or decimals, one unit,
// no sign, no spaces; rounded to the nearest millisecond. Whether a duration is too long is for the
// reader of the field to say.

#include "runtime/base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

std::optional<Millis> parse_duration(std::string_view text);

/// A duration that is not negative, in the largest unit that holds it as a whole number: "15m", "366d".
std::string duration_text(Millis duration);

}  // namespace millrace
