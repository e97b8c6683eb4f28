#pragma once
// Points in time as users and the servers of others write them:
//
//   2026-01-31T09:00:00Z   RFC 3339, with offsets and fractions. The letters may be lower case, a space
//                          may stand for the `T`, seconds may be left out; the offset may be `+0100`
//                          (Salesforce, Jira) or `+01`. Without one it is UTC.
//   2026-01-31             midnight UTC
//   20260131T090000Z       ISO 8601's basic form
//   Sat, 31 Jan 2026 09:00:00 GMT          and others with a word: worded_time_text.h
//   1769850000, 1769850000.5, 1769850000000     since 1970: see `instant_of`
//   /Date(1769850000000+0100)/             OData's milliseconds; the offset only says where it was
//
// Digits beyond the millisecond are dropped. A leap second (23:59:60 UTC) is the first second of the
// next day. Days that do not exist (2026-02-30) are refused, and so are dates that could be two
// (01/02/2026).

#include "runtime/base/clock.h"

#include <optional>
#include <string_view>

namespace millrace {

std::optional<Instant> parse_time(std::string_view text);

/// A number since 1970: from 10^8 (1973) to 10^10 (2286) it is seconds, all others are milliseconds: as
/// such those would be in the first months of 1970. Nothing: beyond year 9999.
std::optional<Instant> instant_of(double number);
/// False for a number that means the first day of 1970: somebody meant a wait.
inline bool may_be_awaited(double number) { return number >= 1e8; }

}  // namespace millrace
