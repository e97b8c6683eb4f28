#include "runtime/templates/template_text.h"

#include "runtime/text/ascii_text.h"

#include <utility>

namespace millrace {
namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

/// Where the reference that starts at `from` ends (the position of its `}}`), or npos. Braces
/// inside
/// `["..."]` belong to the key.
std::size_t find_closing(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text.substr(i).starts_with(closing)) return i;
    const bool opens_key =
        text[i] == '[' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\'');
    if (!opens_key) continue;
    const char quote = text[++i];
    std::size_t end = i + 1;
    while (end < text.size() && text[end] != quote) end += text[end] == '\\' ? 2 : 1;
    // An unclosed quote: go on behind it, so that the parser of references can tell where it is.
    if (end < text.size()) i = end;
  }
  return std::string_view::npos;
}

std::string place(std::size_t at) { return std::to_string(at + 1); }

struct Inside {
  Reference reference;
  const char* name;
};

/// What stands between the braces: a reference, or the name of an escape and one.
Result<Inside> parse_inside(std::string_view inside) {
  const std::string_view whole = trimmed(inside, white_space);
  const auto space = whole.find_first_of(white_space);
  const auto escape = parse_query_escape(whole.substr(0, space));
  const bool is_escaped = escape && space != std::string_view::npos;
  const std::string_view plain = is_escaped ? whole.substr(space) : inside;
  auto reference = parse_reference(plain);
  if (!reference) return reference.error();
  if (is_escaped) {
    reference->escape = *escape;
    reference->text = whole;
  }
  return Inside{std::move(*reference), trimmed(plain, white_space).data()};
}

}  // namespace

TemplateText parse_template_text(std::string_view text) {
  TemplateText parsed;
  parsed.literals.emplace_back();
  std::size_t at = 0;
  while (true) {
    std::size_t open = text.find(opening, at);
    if (open == std::string_view::npos) break;
    if (open > at && text[open - 1] == '\\') {
      parsed.literals.back().append(text, at, open - 1 - at).append(opening);
      at = open + opening.size();
      continue;
    }
    // No reference begins with a brace: of three, as in JSON around a value, the first is text.
    while (open + 2 < text.size() && text[open + 2] == '{') ++open;
    parsed.literals.back().append(text, at, open - at);
    const std::size_t from = open + opening.size();
    const std::size_t close = find_closing(text, from);
    if (close == std::string_view::npos) {
      parsed.mistakes.push_back("`{{` at character " + place(open) +
                                " is never closed; write \\{{ for the characters themselves");
      return parsed;
    }
    const std::string_view inside = text.substr(from, close - from);
    if (auto read = parse_inside(inside)) {
      parsed.references.push_back(std::move(read->reference));
      parsed.name_at.push_back(static_cast<std::size_t>(read->name - text.data()));
      parsed.literals.emplace_back();
    } else {
      parsed.mistakes.push_back("in `{{" + std::string(inside) + "}}` at character " + place(open) +
                                ": " + read.error().message);
    }
    at = close + closing.size();
  }
  parsed.literals.back().append(text, at, std::string_view::npos);
  return parsed;
}

}  // namespace millrace
