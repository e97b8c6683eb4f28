#pragma once
// What protocols and definitions do with ASCII: trim, and compare without regard to case. Characters
// beyond it, and the process's locale, play no part.

#include <string>
#include <string_view>

namespace millrace {

/// Sets of characters to trim.
inline constexpr std::string_view blanks = " \t";  // within a line (RFC 9110, 5.6.3)
inline constexpr std::string_view white_space = " \t\r\n";
inline constexpr std::string_view all_white_space = " \t\r\n\v\f";

/// The part of `text` between the `characters` at its ends; empty if it has no others.
std::string_view trimmed(std::string_view text, std::string_view characters);

char lower_case(char c);
std::string lower_case(std::string_view text);

bool equal_but_for_case(std::string_view left, std::string_view right);

}  // namespace millrace
