#pragma once
// Names and values of HTTP header fields (RFC 9110, 5). Names compare without regard to case.

#include "runtime/text/ascii_text.h"

#include <string>
#include <string_view>

namespace millrace {

/// RFC 9110, 5.6.2: a token.
bool is_header_name(std::string_view name);
/// One line without control characters (a tab is allowed).
bool is_header_value(std::string_view value);
/// A value as text: bytes that are no valid UTF-8 are taken for Latin-1, as HTTP once said they were.
std::string utf8_of_header(std::string_view value);

}  // namespace millrace
