#include "runtime/text/header_parameter.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/charset_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>

namespace millrace {
namespace {

/// Takes a value, and the semicolon behind it, from the front of `rest`.
std::string take_value(std::string_view& rest) {
  std::string value;
  std::size_t end = 0;
  if (rest.starts_with('"')) {
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      // Before anything else a backslash is itself: Windows paths are sent unescaped.
      const char next = i + 1 < rest.size() ? rest[i + 1] : ' ';
      if (rest[i] == '\\' && (next == '"' || next == '\\')) ++i;
      value += rest[i];
    }
    end = rest.find(';', i);
  } else {
    end = rest.find(';');
    value = trimmed(rest.substr(0, end), blanks);
  }
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return value;
}

}  // namespace

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
  std::string_view rest = header;
  while (!rest.empty()) {
    const std::size_t mark = rest.find_first_of("=;");
    if (mark == std::string_view::npos) break;
    const std::string_view found = trimmed(rest.substr(0, mark), blanks);
    const bool has_value = rest[mark] == '=';
    rest.remove_prefix(mark + 1);
    if (!has_value) continue;
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    std::string value = take_value(rest);
    if (equal_but_for_case(found, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string> extended_header_parameter(std::string_view header,
                                                     std::string_view name) {
  const auto value = header_parameter(header, std::string(name) + '*');
  if (!value) return std::nullopt;
  const std::size_t language = value->find('\'');
  if (language == std::string::npos) return std::nullopt;
  const std::size_t text = value->find('\'', language + 1);
  if (text == std::string::npos) return std::nullopt;
  const auto bytes = percent_decode_bytes(std::string_view(*value).substr(text + 1));
  if (!bytes) return std::nullopt;
  return to_utf8(*bytes, std::string_view(*value).substr(0, language));
}

}  // namespace millrace
