#pragma once
// Names and values of HTTP header fields (RFC 9110, 5).

#include <string>
#include <string_view>

namespace millrace {

/// RFC 9110, 5.6.2: a token.
bool is_header_name(std::string_view name);
/// One line without control characters (a tab is allowed).
bool is_header_value(std::string_view value);
/// ASCII letters in lower case.
std::string lower_case(std::string_view text);

}  // namespace millrace
