#pragma once
// Dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7; the preferred form).

#include "runtime/base/clock.h"

#include <optional>
#include <string_view>

namespace millrace {

std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace millrace
