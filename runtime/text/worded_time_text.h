#pragma once
// Points in time with the month as a word: the three forms of HTTP (RFC 9110, 5.6.7), mail (RFC 5322,
// with its older forms) and what JavaScript's Date says of itself:
//
//   Sun, 06 Nov 1994 08:49:37 GMT     Sunday, 06-Nov-94 08:49:37 GMT     Sun Nov  6 08:49:37 1994
//   6 Nov 1994 08:49 -0500            Sun Nov 06 1994 08:49:37 GMT+0100 (Central European Time)
//
// The parts may come in any order, each once. Without a zone it is UTC. A weekday is not looked at. A
// year of two digits is one from 1950 to 2049.

#include "runtime/base/clock.h"

#include <optional>
#include <string_view>

namespace millrace {

/// Nothing: another form, or a day or time that does not exist.
std::optional<Instant> parse_worded_time(std::string_view text);

}  // namespace millrace
