#pragma once
// What an input of a sign-in may look like: a pattern as people write regular expressions, of the whole text.
//
//   [a-z0-9.-]+\.salesforce\.com     (eu|us)-\d+
//
// Letters and digits for themselves, `\` before anything else; `.`, `\d`, `\w`; `[a-z-]`, `[^…]`; groups with
// `|`; `*`, `+`, `?`. Matching takes steps in proportion to the pattern and the square of the text, whatever
// the two are: whoever types the text cannot make it take long.

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

inline constexpr std::size_t input_pattern_bytes_max = 256;
inline constexpr std::size_t input_bytes_max = 255;

/// Why the pattern cannot be used; nothing: it can.
std::optional<std::string> why_no_pattern(std::string_view pattern);

/// False also for a text of more than `input_bytes_max` bytes. `pattern` can be used.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace millrace
