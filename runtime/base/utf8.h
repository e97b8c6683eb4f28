#pragma once
// UTF-8, the only encoding of text inside Millrace: what is valid, and how what is not becomes it.

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

/// U+FFFD, which stands where a text could not be read.
inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";

bool is_valid_utf8(std::string_view text);
/// The text with U+FFFD for what is no UTF-8: one for each longest beginning of a character, as
/// browsers do (Unicode Standard, 3.9).
std::string repair_utf8(std::string_view text);
/// `character` is a code point that is no surrogate.
void append_utf8(std::string& out, char32_t character);

}  // namespace millrace
