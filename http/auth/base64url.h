#pragma once
// Base64 with the URL alphabet and without padding (RFC 4648, 5), as JSON Web Tokens use it.
// Strict: padding, foreign characters and non-zero spare bits are refused, so that every byte
// string has exactly one text and a token cannot be altered without breaking its signature.

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

std::optional<std::string> base64url_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);

}  // namespace millrace
