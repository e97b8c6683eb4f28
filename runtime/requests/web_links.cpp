#include "runtime/requests/web_links.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/header_parameter.h"

namespace millrace {
namespace {

/// Where the link that begins behind its `>` ends: at a comma that is in no quotes.
std::size_t end_of_link(std::string_view header, std::size_t from) {
  bool is_quoted = false;
  for (std::size_t i = from; i < header.size(); ++i) {
    if (is_quoted && header[i] == '\\') {
      ++i;
    } else if (header[i] == '"') {
      is_quoted = !is_quoted;
    } else if (header[i] == ',' && !is_quoted) {
      return i;
    }
  }
  return header.size();
}

/// `rel="next last"`: relations are words between spaces, in any case.
bool is_next(std::string_view parameters) {
  const auto relations = header_parameter("link" + std::string(parameters), "rel");
  if (!relations) return false;
  const std::string words = ' ' + lower_case(*relations) + ' ';
  return words.find(" next ") != std::string::npos;
}

bool has_scheme(std::string_view reference) {
  const auto colon = reference.find(':');
  return colon != std::string_view::npos && colon < reference.find_first_of("/?#");
}

}  // namespace

std::optional<std::string> next_link(std::string_view header) {
  std::size_t at = 0;
  while (true) {
    const auto open = header.find('<', at);
    const auto close = header.find('>', open == std::string_view::npos ? open : open + 1);
    if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
    const auto end = end_of_link(header, close + 1);
    const std::string_view target = trimmed(header.substr(open + 1, close - open - 1), white_space);
    if (!target.empty() && is_next(header.substr(close + 1, end - close - 1))) {
      return std::string(target);
    }
    at = end;
  }
}

std::string resolve_url(std::string_view base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (has_scheme(reference)) return std::string(reference);
  base = base.substr(0, base.find('#'));
  const auto scheme = base.find("://");
  if (scheme == std::string_view::npos) return std::string(reference);
  if (reference.starts_with("//")) return std::string(base.substr(0, scheme + 1)).append(reference);
  const auto path = base.find_first_of("/?", scheme + 3);
  const std::string_view origin = base.substr(0, path);
  if (reference.starts_with('/')) return std::string(origin).append(reference);
  const std::string_view without_query = base.substr(0, base.find('?', scheme + 3));
  if (reference.empty()) return std::string(base);
  if (reference.starts_with('?')) return std::string(without_query).append(reference);
  const auto slash = without_query.rfind('/');
  if (slash == std::string_view::npos || slash < scheme + 3) {
    return std::string(origin).append("/").append(reference);
  }
  return std::string(without_query.substr(0, slash + 1)).append(reference);
}

}  // namespace millrace
