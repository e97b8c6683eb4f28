#pragma once
// Reads the text of URLs and of forms: percent-encoding (RFC 3986) and application/x-www-form-urlencoded
// (WHATWG URL); runtime/text/percent_text.h writes it. Strict: a broken escape or text that is not UTF-8 is an error
// that says so, never a silent guess, because these strings become ids, keys and what workflows see.

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

/// `a=1&b=two+words`. At most limits::form_fields_max fields, so that a body cannot make millions of strings.
/// `charset`: of the bytes that escapes stand for; empty: UTF-8.
Result<FormFields> parse_form(std::string_view text, std::string_view charset = {});

}  // namespace millrace
