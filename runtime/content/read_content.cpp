#include "runtime/content/read_content.h"

#include "runtime/content/declared_charset.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/charset_text.h"
#include "runtime/text/header_parameter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t file_name_bytes_max = 255;
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

bool is_json_type(std::string_view type) {
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

/// The parameters `filename*` and `filename` of Content-Disposition (RFC 6266).
std::string disposition_name(std::string_view header) {
  std::string name = header_parameter(header, "filename").value_or("");
  const auto extended = extended_header_parameter(header, "filename");
  if (extended && !has_control_characters(*extended)) name = *extended;
  if (name.empty()) return name;
  name = file_name_of(name);
  return name.empty() ? "file" : name;
}

/// Begins as JSON that somebody would send without saying so: an object or an array.
bool looks_like_json(std::string_view text) {
  const auto first = text.find_first_not_of(white_space);
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

Error undecodable(const std::string& charset) {
  if (charset.empty() || equal_but_for_case(charset, "utf-8")) {
    return {ErrorCode::invalid_request, "the body is not valid UTF-8; name its charset"};
  }
  return {ErrorCode::invalid_request,
          "the body cannot be read in the charset '" + charset + "'; send UTF-8"};
}

}  // namespace

std::string media_type(std::string_view content_type) {
  return lower_case(trimmed(content_type.substr(0, content_type.find(';')), white_space));
}

bool is_text_type(std::string_view type) {
  constexpr std::array<std::string_view, 5> known{"application/xml", "application/javascript",
                                                  "application/graphql", "application/x-ndjson",
                                                  form_type};
  return type.starts_with("text/") || type.ends_with("+xml") ||
         std::find(known.begin(), known.end(), type) != known.end();
}

Content read_content(std::string_view bytes, const ContentHeaders& headers) {
  const std::string type = media_type(headers.type);
  FileContent file{disposition_name(headers.disposition),
                   type.empty() ? "application/octet-stream" : type};
  const bool is_json = is_json_type(type);
  if (!is_json && !type.empty() && !is_text_type(type)) return file;
  const std::string charset = charset_of(bytes, headers.type, type);
  auto text = to_utf8(bytes, charset);
  if (!text) {
    if (type.empty()) return file;
    return BrokenContent{undecodable(charset), std::nullopt, std::move(file)};
  }
  const bool may_be_json = is_json || type.empty() || type == form_type;
  if (is_json && trimmed(*text, white_space).empty()) return Json(nullptr);
  if (is_json || (may_be_json && looks_like_json(*text))) {
    auto value = parse_foreign_json(*text);
    if (value) return std::move(*value);
    if (is_json) return BrokenContent{value.error(), std::move(text), std::move(file)};
  }
  if (type == form_type) return FormContent{std::move(*text), charset};
  return Json(std::move(*text));
}

std::optional<std::string> read_text(std::string_view bytes, std::string_view content_type) {
  return to_utf8(bytes, charset_of(bytes, content_type, media_type(content_type)));
}

std::string file_name_of(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of("/\\") + 1);
  const bool is_name =
      name != "." && name != ".." && name.size() <= file_name_bytes_max && is_valid_utf8(name);
  return is_name ? std::string(name) : std::string();
}

}  // namespace millrace
