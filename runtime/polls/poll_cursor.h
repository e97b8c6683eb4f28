#pragma once
// The cursor of a poll: the greatest value that a field of its records has had. Pure.
//
// Two numbers are compared as numbers, also where both are written as texts (`"1712345.000100"`); two texts
// that are points in time (text/time_text.h) as such, whatever their offsets; other texts byte by byte.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <compare>
#include <optional>

namespace millrace {

/// Nothing: they cannot be compared. A cursor is a text or a number.
std::optional<std::weak_ordering> compare_cursors(const Json& a, const Json& b);

/// The point in time that is `overlap` before the cursor, written the same way: a number or a text of digits
/// stays what it is, in seconds or milliseconds; another time becomes one in UTC, `2026-01-31T09:00:00Z`.
/// Without overlap, and of null, the cursor itself. Error: type_mismatch, it is no time.
Result<Json> moved_back(const Json& cursor, Millis overlap);

}  // namespace millrace
