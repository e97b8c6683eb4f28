#pragma once
// Colour, where somebody looks: on a terminal, unless NO_COLOR is set (https://no-color.org) or the
// terminal is a dumb one. Files and pipes get plain text.

#include <cstdint>
#include <string>

namespace millrace {

enum class Stream : std::uint8_t { output, errors };
enum class Colour : std::uint8_t { red, green, yellow, cyan, bold };

/// The text as it is, or with the terminal's codes around it.
std::string painted(std::string text, Colour colour, Stream stream);

/// What `painted` decides by, for tests.
struct TerminalFacts {
  bool is_terminal = false;
  bool wants_none = false;  // NO_COLOR
  bool is_dumb = false;     // TERM=dumb
};
bool has_colour(const TerminalFacts& facts);

/// The colour of an execution's or a step's status.
std::string painted_status(const std::string& text, const std::string& status);

}  // namespace millrace
