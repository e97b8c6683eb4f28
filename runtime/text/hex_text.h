#pragma once
// Bytes as hex digits, two for each byte.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace {

/// Lower case.
std::string to_hex(std::string_view bytes);
std::string to_hex(std::span<const std::uint8_t> bytes);
/// Either case; nothing if any character is no digit, or one is left over.
std::optional<std::string> parse_hex(std::string_view text);
/// What one digit stands for, in either case; -1: it is none.
int hex_digit(char c);

}  // namespace millrace
