#include "runtime/text/query_escape.h"

namespace millrace {
namespace {

/// The letter behind a backslash that stands for a control character; 0: there is none.
char letter_of(char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    default:
      return 0;
  }
}

std::string with_backslashes(std::string_view text, std::string_view escaped, bool has_letters) {
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    if (const char letter = has_letters ? letter_of(c) : 0; letter != 0) {
      out += {'\\', letter};
      continue;
    }
    if (escaped.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string with_quotes_doubled(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out;
}

}  // namespace

std::optional<QueryEscape> parse_query_escape(std::string_view name) {
  if (name == "soql") return QueryEscape::soql;
  if (name == "jql") return QueryEscape::jql;
  if (name == "odata") return QueryEscape::odata;
  if (name == "drive") return QueryEscape::drive;
  return std::nullopt;
}

std::string query_escaped(QueryEscape escape, std::string_view text) {
  switch (escape) {
    case QueryEscape::none:
      return std::string(text);
    case QueryEscape::soql:
    case QueryEscape::jql:
      return with_backslashes(text, "\\'\"", true);
    case QueryEscape::drive:
      return with_backslashes(text, "\\'", false);
    case QueryEscape::odata:
      return with_quotes_doubled(text);
  }
  return std::string(text);
}

}  // namespace millrace
