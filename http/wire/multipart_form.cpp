#include "http/wire/multipart_form.h"

#include "runtime/base/limits.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_parameter.h"

namespace millrace {
namespace {

constexpr std::size_t boundary_bytes_max = 70;  // RFC 2046, 5.1.1
constexpr std::size_t part_head_bytes_max = 8u << 10;

Error malformed(const std::string& what) {
  return {ErrorCode::invalid_request, "the multipart form is malformed: " + what};
}

bool is_text_type(std::string_view type) {
  return equal_but_for_case(type.substr(0, 5), "text/") ||
         equal_but_for_case(type.substr(0, 16), "application/json");
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
    const std::string_view value = trimmed(line.substr(colon + 1), blanks);
    if (equal_but_for_case(name, "content-disposition")) {
      is_form_data =
          equal_but_for_case(trimmed(value.substr(0, value.find(';')), blanks), "form-data");
      part.name = header_parameter(value, "name").value_or("");
      // Either may be there and empty: a field for files with none chosen says `filename=""`.
      const auto plain = header_parameter(value, "filename");
      const auto extended = header_parameter(value, "filename*");
      part.is_file = part.is_file || plain || extended;
      part.file_name = extended_header_parameter(value, "filename").value_or(plain.value_or(""));
    } else if (equal_but_for_case(name, "content-type")) {
      part.content_type = value;
      part.is_file = part.is_file || !is_text_type(value);
    }
  }
  if (!is_form_data || part.name.empty()) return malformed("a part has no name");
  part.content = text.substr(head_end + 4);
  return part;
}

}  // namespace

Result<std::vector<ReceivedPart>> parse_multipart_form(std::string_view content_type,
                                                       std::string_view body) {
  const std::string boundary = header_parameter(content_type, "boundary").value_or("");
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
    if (parts.size() == limits::form_parts_max) {
      return Error(ErrorCode::limit_exceeded,
                   "the form has more than " + std::to_string(limits::form_parts_max) + " parts");
    }
    auto part = parse_part(body.substr(at + 2, end > at + 2 ? end - at - 2 : 0));
    if (!part) return part.error();
    parts.push_back(std::move(*part));
    at = end + delimiter.size();
  }
}

}  // namespace millrace
