#include "http/wire/multipart_form.h"

#include "http/wire/request_head.h"

#include <algorithm>
#include <optional>

namespace millrace {
namespace {

constexpr std::size_t boundary_bytes_max = 70;  // RFC 2046, 5.1.1
constexpr std::size_t part_head_bytes_max = 8u << 10;

Error malformed(const std::string& what) {
  return {ErrorCode::invalid_request, "the multipart form is malformed: " + what};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Reads the value at the front of `text` and drops it: a quoted string or everything up to `;`.
std::string take_value(std::string_view& text) {
  std::string value;
  if (text.empty() || text.front() != '"') {
    const auto end = text.find(';');
    value = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    return value;
  }
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    value.push_back(text[i]);
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return value;
}

/// A parameter may be there and empty: a field for files with none chosen says `filename=""`.
std::optional<std::string> find_parameter(std::string_view header, std::string_view name) {
  auto semicolon = header.find(';');
  while (semicolon != std::string_view::npos) {
    header.remove_prefix(semicolon + 1);
    const auto equals = header.find('=');
    if (equals == std::string_view::npos) break;
    const bool is_wanted = same_header(trimmed(header.substr(0, equals)), name);
    header.remove_prefix(equals + 1);
    std::string value = take_value(header);
    if (is_wanted) return value;
    semicolon = header.find(';');
  }
  return std::nullopt;
}

bool is_text_type(std::string_view type) {
  return same_header(type.substr(0, 5), "text/") ||
         same_header(type.substr(0, 16), "application/json");
}

Result<ReceivedPart> parse_part(std::string_view text) {
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos || head_end > part_head_bytes_max) {
    return malformed("a part has no end of its header");
  }
  ReceivedPart part;
  bool is_form_data = false;
  std::string_view head = text.substr(0, head_end);
  while (!head.empty()) {
    const auto line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end == std::string_view::npos ? head.size() : line_end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a part's header has no colon");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_header(name, "content-disposition")) {
      is_form_data = same_header(trimmed(value.substr(0, value.find(';'))), "form-data");
      part.name = header_parameter(value, "name");
      part.file_name = header_parameter(value, "filename");
      // The second is how names beyond ASCII are sent (RFC 5987).
      part.is_file =
          part.is_file || find_parameter(value, "filename") || find_parameter(value, "filename*");
    } else if (same_header(name, "content-type")) {
      part.content_type = value;
      part.is_file = part.is_file || !is_text_type(value);
    }
  }
  if (!is_form_data || part.name.empty()) return malformed("a part has no name");
  part.content = text.substr(head_end + 4);
  return part;
}

}  // namespace

std::string header_parameter(std::string_view header, std::string_view name) {
  return find_parameter(header, name).value_or("");
}

Result<std::vector<ReceivedPart>> parse_multipart_form(std::string_view content_type,
                                                       std::string_view body) {
  const std::string boundary = header_parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > boundary_bytes_max) {
    return malformed("the Content-Type has no boundary of 1 to 70 characters");
  }
  const std::string delimiter = "\r\n--" + boundary;
  std::vector<ReceivedPart> parts;
  // The first delimiter stands at the beginning, or ends a preamble that is to be ignored.
  std::size_t at = body.starts_with(delimiter.substr(2)) ? delimiter.size() - 2 : 0;
  if (at == 0) {
    const auto first = body.find(delimiter);
    if (first == std::string_view::npos) return malformed("its boundary does not occur");
    at = first + delimiter.size();
  }
  for (;;) {
    if (body.substr(at, 2) == "--") return parts;
    while (at < body.size() && (body[at] == ' ' || body[at] == '\t')) ++at;
    if (body.substr(at, 2) != "\r\n") return malformed("a boundary is followed by other text");
    const auto end = body.find(delimiter, at);
    if (end == std::string_view::npos) return malformed("it has no closing boundary");
    if (parts.size() == form_parts_max) {
      return Error(ErrorCode::limit_exceeded,
                   "the form has more than " + std::to_string(form_parts_max) + " parts");
    }
    auto part = parse_part(body.substr(at + 2, end > at + 2 ? end - at - 2 : 0));
    if (!part) return part.error();
    parts.push_back(std::move(*part));
    at = end + delimiter.size();
  }
}

}  // namespace millrace
