#pragma once
// Base64 with padding (RFC 4648, 4), as basic authentication writes it.

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

std::string base64_encode(std::string_view bytes);
/// Nothing: it is not what `base64_encode` writes.
std::optional<std::string> base64_decode(std::string_view text);
/// Of the URL alphabet, without padding (RFC 4648, 5).
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace millrace
