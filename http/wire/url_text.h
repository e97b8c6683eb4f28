#pragma once
// The text of URLs and of forms: percent-encoding (RFC 3986) and application/x-www-form-urlencoded
// (WHATWG URL). Strict: a broken escape or text that is not UTF-8 is an error that says so, never a
// silent guess, because these strings become ids, keys and what workflows see.

#include "runtime/base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// In the order in which they were sent; keys may repeat.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// Error invalid_request: `%` without two hex digits, `%00`, not UTF-8.
Result<std::string> percent_decode(std::string_view text);

/// Everything except unreserved characters (letters, digits, `-._~`) becomes `%XX`.
std::string percent_encode(std::string_view text);

/// `a=1&b=two+words`. At most `fields_max` fields, so that a body cannot make millions of strings.
inline constexpr std::size_t fields_max = 10'000;
Result<FormFields> parse_form(std::string_view text);

}  // namespace millrace
