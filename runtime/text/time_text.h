#pragma once
// Points in time as users write them: RFC 3339 ("2026-01-31T09:00:00Z", offsets, fractions), the
// same without an offset (taken as UTC), or a date ("2026-01-31", midnight UTC).
// The letters may be lower case and a space may stand for the `T`; seconds may be left out; digits
// beyond the millisecond are dropped. A leap second (23:59:60 UTC) is the first second of the next
// day. Days that do not exist (2026-02-30) are refused.

#include "runtime/base/clock.h"

#include <optional>
#include <string_view>

namespace millrace {

std::optional<Instant> parse_time(std::string_view text);

}  // namespace millrace
