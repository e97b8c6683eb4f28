#include "runtime/definitions/code_hint.h"

#include "runtime/text/ascii_text.h"

#include <array>
#include <charconv>

namespace millrace {
namespace {

/// Behind blanks and comments.
std::string_view without_comments(std::string_view code) {
  while (true) {
    code = trimmed(code, all_white_space);
    if (code.starts_with("//")) {
      const auto end = code.find('\n');
      code = end == std::string_view::npos ? std::string_view() : code.substr(end);
    } else if (code.starts_with("/*")) {
      const auto end = code.find("*/");
      code = end == std::string_view::npos ? std::string_view() : code.substr(end + 2);
    } else {
      return code;
    }
  }
}

std::string_view first_word(std::string_view code) {
  std::size_t end = 0;
  while (end < code.size() && ((code[end] >= 'a' && code[end] <= 'z') || code[end] == '.')) ++end;
  return code.substr(0, end);
}

/// The number behind `word`, which moves `text` on.
std::size_t number_behind(std::string_view& text, std::string_view word) {
  const auto at = text.find(word);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + word.size());
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string hint_of_code(std::string_view code) {
  const std::string_view word = first_word(without_comments(code));
  if (word == "return") {
    return "`return` needs a function around it: write `({ name }) => { return name }`, or without "
           "`return`: `({ name }) => name`";
  }
  for (const std::string_view statement :
       {"const", "let", "var", "if", "for", "while", "try", "throw", "await", "switch"}) {
    if (word == statement) {
      return "statements need a function around them: write `(parameters, libraries) => { … }`, or "
             "`async (parameters, libraries) => { … }` with `await`";
    }
  }
  if (word == "export" || word == "module.exports" || word == "exports") {
    return "the code is the function alone, without `" + std::string(word) + "`";
  }
  if (word == "import" || word == "require") {
    return "nothing can be imported; what there is comes as the second argument: `(parameters, "
           "libraries) => { const { lodash } = libraries; … }`";
  }
  return {};
}

std::string why_no_function(std::string_view code) {
  const std::string_view start = without_comments(code);
  for (const std::string_view module : {"module.exports", "exports"}) {
    if (!start.starts_with(module)) continue;
    const std::string_view rest = trimmed(start.substr(module.size()), all_white_space);
    const bool is_assigned =
        rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
    if (is_assigned || rest.starts_with('.') || rest.starts_with('[')) {
      return "the code is the function alone, without `" + std::string(module) + "`";
    }
  }
  return {};
}

CodePlace place_in_code(std::string_view compiler_message) {
  const auto open = compiler_message.rfind("(line ");
  if (open == std::string_view::npos) return {};
  std::string_view rest = compiler_message.substr(open);
  CodePlace place;
  place.line = number_behind(rest, "(line ");
  place.column = number_behind(rest, "column ");
  return place.line == 0 || place.column == 0 ? CodePlace() : place;
}

}  // namespace millrace
