#pragma once
// Percent-encoding for outgoing requests (RFC 3986; forms: WHATWG URL, application/x-www-form-urlencoded).

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Everything except unreserved characters (letters, digits, `-._~`) becomes `%XX`.
std::string percent_encode_text(std::string_view text);
/// The same, with `+` for a space.
std::string form_encode_text(std::string_view text);
/// The bytes that `%XX` stand for, all else as it is; nothing when a `%` is without two hex digits.
std::optional<std::string> percent_decode_bytes(std::string_view text);
/// Repairs a URL as people write it: what may not stand in one at all (spaces, quotes, `<>\^`{|}`,
/// control characters, anything beyond ASCII, a `%` without two hex digits) is encoded, all else stays.
std::string encode_url(std::string_view url);

}  // namespace millrace
