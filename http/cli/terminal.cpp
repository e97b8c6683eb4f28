#include "http/cli/terminal.h"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace millrace {
namespace {

TerminalFacts facts_of(Stream stream) {
  const char* const none = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  return {::isatty(stream == Stream::output ? STDOUT_FILENO : STDERR_FILENO) == 1,
          none != nullptr && *none != '\0', term == nullptr || std::string_view(term) == "dumb"};
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::red:
      return "31";
    case Colour::green:
      return "32";
    case Colour::yellow:
      return "33";
    case Colour::cyan:
      return "36";
    case Colour::bold:
      return "1";
  }
  return "0";
}

}  // namespace

bool has_colour(const TerminalFacts& facts) {
  return facts.is_terminal && !facts.wants_none && !facts.is_dumb;
}

std::string painted(std::string text, Colour colour, Stream stream) {
  if (!has_colour(facts_of(stream))) return text;
  return "\x1b[" + std::string(code_of(colour)) + "m" + text + "\x1b[0m";
}

std::string painted_status(const std::string& text, const std::string& status) {
  if (status == "SUCCEEDED") return painted(text, Colour::green, Stream::output);
  if (status == "FAILED") return painted(text, Colour::red, Stream::output);
  if (status == "CANCELLED") return painted(text, Colour::yellow, Stream::output);
  if (status == "EXECUTING" || status == "DELAYED") {
    return painted(text, Colour::cyan, Stream::output);
  }
  return text;
}

}  // namespace millrace
