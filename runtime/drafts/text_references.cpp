#include "runtime/drafts/text_references.h"

#include "runtime/drafts/raw_json.h"
#include "runtime/templates/template_text.h"

#include <utility>

namespace millrace {
namespace {

/// How many bytes the escape at `at` takes; of half a surrogate pair, the pair.
std::size_t escape_size(std::string_view token, std::size_t at) {
  constexpr std::size_t short_escape = 2;
  constexpr std::size_t unicode_escape = 6;
  if (at + 1 >= token.size() || token[at + 1] != 'u') return short_escape;
  const bool is_pair = token.size() > at + 3 && (token[at + 2] == 'd' || token[at + 2] == 'D') &&
                       std::string_view("89abAB").find(token[at + 3]) != std::string_view::npos;
  return is_pair ? 2 * unicode_escape : unicode_escape;
}

/// A string, and of each of its bytes (and of its end) where it stands in the token.
struct DecodedString {
  std::string text;
  std::vector<std::size_t> written_at;
};

DecodedString decode(std::string_view token) {
  DecodedString decoded;
  const std::size_t end = token.size() - 1;  // the closing quote
  for (std::size_t at = 1; at < end;) {
    const std::size_t size = token[at] == '\\' ? escape_size(token, at) : 1;
    const std::string character = size == 1
                                      ? std::string(1, token[at])
                                      : string_of('"' + std::string(token.substr(at, size)) + '"');
    for (const char c : character) {
      decoded.text.push_back(c);
      decoded.written_at.push_back(at);
    }
    at += size;
  }
  decoded.written_at.push_back(end);
  return decoded;
}

bool may_hold_references(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("\\u007") != std::string_view::npos;
}

}  // namespace

std::vector<TextReference> references_in(std::string_view value) {
  std::vector<TextReference> found;
  if (!may_hold_references(value)) return found;
  visit_strings(value, "", [&](std::string_view token, const std::string& pointer) {
    if (token.size() < 2 || !may_hold_references(token)) return;
    const auto from = static_cast<std::size_t>(token.data() - value.data());
    const DecodedString decoded = decode(token);
    const TemplateText parsed = parse_template_text(decoded.text);
    for (std::size_t i = 0; i < parsed.references.size(); ++i) {
      const Reference& reference = parsed.references[i];
      if (reference.root != Reference::Root::step) continue;
      const std::size_t begin = decoded.written_at[parsed.name_at[i]];
      const std::size_t end = decoded.written_at[parsed.name_at[i] + reference.name.size()];
      found.push_back({reference.name, reference.text, pointer, from + begin, end - begin});
    }
  });
  return found;
}

void rename_references(std::string& value, const NewName& new_name) {
  const auto references = references_in(value);
  // From the end, so that places before stay what they are.
  for (auto each = references.rbegin(); each != references.rend(); ++each) {
    const auto name = new_name(each->name);
    if (name) value.replace(each->at, each->length, *name);
  }
}

}  // namespace millrace
