#include "runtime/content/declared_charset.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/header_parameter.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// How far into a body its declaration is looked for: as browsers do.
constexpr std::size_t declared_within_bytes = 1'024;

bool is_xml(std::string_view type) { return type.ends_with("/xml") || type.ends_with("+xml"); }
bool is_json(std::string_view type) { return type.ends_with("/json") || type.ends_with("+json"); }

/// `text` begins behind the name: `= "utf-8"`, `=utf-8;`, `= utf-8>`.
std::string value_behind(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of(white_space), text.size()));
  if (!text.starts_with('=')) return {};
  text.remove_prefix(1);
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n\"'"), text.size()));
  return std::string(text.substr(0, text.find_first_of(" \t\r\n\"';/>?")));
}

std::string declared_in_xml(std::string_view bytes) {
  if (!bytes.starts_with("<?xml")) return {};
  const std::string_view declaration = bytes.substr(0, bytes.find("?>"));
  const auto at = declaration.find("encoding");
  return at == std::string_view::npos ? std::string() : value_behind(declaration.substr(at + 8));
}

std::string declared_in_html(std::string_view bytes) {
  const std::string head = lower_case(bytes);
  for (auto meta = head.find("<meta"); meta != std::string::npos;
       meta = head.find("<meta", meta + 1)) {
    const std::string tag = head.substr(meta, head.find('>', meta) - meta);
    const auto at = tag.find("charset");
    if (at != std::string::npos) return value_behind(std::string_view(tag).substr(at + 7));
  }
  return {};
}

}  // namespace

std::string charset_of(std::string_view bytes, std::string_view content_type,
                       std::string_view media_type) {
  if (auto named = header_parameter(content_type, "charset"); named && !named->empty()) {
    return std::move(*named);
  }
  const bool is_ascii_first = is_xml(media_type) || is_json(media_type);
  if (is_ascii_first && bytes.size() >= 2 && (bytes[0] == '\0') != (bytes[1] == '\0')) {
    return bytes[0] == '\0' ? "utf-16be" : "utf-16le";
  }
  const std::string_view beginning = bytes.substr(0, declared_within_bytes);
  std::string declared;
  if (is_xml(media_type)) declared = declared_in_xml(beginning);
  if (media_type == "text/html") declared = declared_in_html(beginning);
  // Who can be read byte by byte is none of those, whatever a string writer once put there.
  return lower_case(declared).starts_with("utf-16") ? std::string() : declared;
}

}  // namespace millrace
