#include "http/wire/request_head.h"

#include "runtime/base/limits.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace millrace {
namespace {

/// Fields of a usual request; more make the list grow.
constexpr std::size_t usual_fields = 16;

WireError malformed(std::string message) { return {400, "invalid_request", std::move(message)}; }

/// The next line without its CRLF; a bare CR or LF inside it is found by the callers, since both
/// are control characters.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

std::optional<WireError> read_request_line(std::string_view line, RequestHead& head,
                                           bool& http_1_0) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
    return malformed("the request line is not \"METHOD target HTTP/1.1\"");
  }
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_header_name(head.method)) return malformed("the method is not an HTTP token");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return WireError{505, "version_not_supported", "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  http_1_0 = version == "HTTP/1.0";
  if (head.target.size() > limits::request_target_bytes_max) {
    return WireError{414, "uri_too_long",
                     "the request target is longer than " +
                         std::to_string(limits::request_target_bytes_max) + " bytes"};
  }
  static constexpr std::array methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  if (std::find(methods.begin(), methods.end(), head.method) == methods.end()) {
    return WireError{501, "method_not_implemented", "the method is not known here"};
  }
  if (head.target.empty() || head.target.front() != '/' || has_control_characters(head.target)) {
    return malformed("the request target must be a path that begins with '/'");
  }
  return std::nullopt;
}

std::optional<WireError> read_header_line(std::string_view line, RequestHead& head) {
  if (line.front() == ' ' || line.front() == '\t') {
    return malformed("folded header lines are not allowed");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_header_name(line.substr(0, colon))) {
    return malformed("a header line is not \"Name: value\"");
  }
  const std::string_view value = trimmed(line.substr(colon + 1), blanks);
  if (has_control_characters(value)) return malformed("a header value holds a control character");
  head.headers.emplace_back(line.substr(0, colon), value);
  return std::nullopt;
}

bool lists_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (equal_but_for_case(trimmed(list.substr(0, comma), blanks), token)) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

std::optional<WireError> read_length(std::string_view value, RequestHead& head, bool& seen) {
  std::uint64_t length = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), length);
  if (read.ec != std::errc() || read.ptr != value.data() + value.size()) {
    return malformed("Content-Length is not a number");
  }
  if (seen && length != head.content_length) {
    return malformed("there are two different Content-Length headers");
  }
  seen = true;
  head.content_length = length;
  return std::nullopt;
}

/// The fields that speak about the message itself rather than to the application.
enum class Field : std::uint8_t { other, host, expect, connection, length, encoding };

/// No two of them are equally long, so most names are told apart without being read.
Field field_of(std::string_view name) {
  const auto is = [&](std::string_view field, Field meaning) {
    return equal_but_for_case(name, field) ? meaning : Field::other;
  };
  switch (name.size()) {
    case 4:
      return is("host", Field::host);
    case 6:
      return is("expect", Field::expect);
    case 10:
      return is("connection", Field::connection);
    case 14:
      return is("content-length", Field::length);
    case 17:
      return is("transfer-encoding", Field::encoding);
    default:
      return Field::other;
  }
}

/// What the headers say about this message rather than about the application.
std::optional<WireError> read_framing(RequestHead& head, bool http_1_0) {
  bool has_length = false;
  bool is_chunked = false;
  std::size_t hosts = 0;
  head.keep_alive = !http_1_0;
  for (const auto& [name, value] : head.headers) {
    switch (field_of(name)) {
      case Field::other:
        break;
      case Field::host:
        ++hosts;
        break;
      case Field::expect:
        head.expects_continue = equal_but_for_case(value, "100-continue");
        break;
      case Field::connection:
        if (lists_token(value, "close")) head.keep_alive = false;
        if (http_1_0 && lists_token(value, "keep-alive")) head.keep_alive = true;
        break;
      case Field::length:
        if (auto refusal = read_length(value, head, has_length)) return refusal;
        break;
      case Field::encoding:
        if (is_chunked || !equal_but_for_case(value, "chunked")) {
          return WireError{501, "transfer_encoding_not_supported",
                           "the only transfer encoding understood is chunked"};
        }
        is_chunked = true;
        break;
    }
  }
  if (hosts > 1 || (hosts == 0 && !http_1_0)) return malformed("one Host header is needed");
  if (is_chunked && has_length) {
    return malformed("Content-Length and Transfer-Encoding exclude each other");
  }
  if (is_chunked && http_1_0) return malformed("HTTP/1.0 has no Transfer-Encoding");
  if (is_chunked) head.framing = RequestHead::Framing::chunked;
  if (has_length && head.content_length > 0) head.framing = RequestHead::Framing::length;
  return std::nullopt;
}

/// Byte by byte.
bool holds_control(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

/// False: none of the eight bytes is below a space or DEL. True: look closer; it may be a tab.
bool may_hold_control(std::uint64_t bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = 0x8080808080808080;
  const std::uint64_t below_space = (bytes - ones * 0x20) & ~bytes;
  const std::uint64_t not_del = bytes ^ (ones * 0x7f);
  const std::uint64_t is_del = (not_del - ones) & ~not_del;
  return ((below_space | is_del) & tops) != 0;
}

}  // namespace

bool has_control_characters(std::string_view text) {
  // Every byte of every head passes here, so eight at a time.
  std::uint64_t bytes = 0;
  for (; text.size() >= sizeof(bytes); text.remove_prefix(sizeof(bytes))) {
    std::memcpy(&bytes, text.data(), sizeof(bytes));
    if (!may_hold_control(bytes)) continue;
    if (holds_control(text.substr(0, sizeof(bytes)))) return true;
  }
  return holds_control(text);
}

std::variant<RequestHead, WireError> parse_request_head(std::string_view text) {
  RequestHead head;
  head.headers.reserve(usual_fields);
  bool http_1_0 = false;
  if (auto refusal = read_request_line(next_line(text), head, http_1_0)) return *refusal;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty()) break;
    if (auto refusal = read_header_line(line, head)) return *refusal;
  }
  if (auto refusal = read_framing(head, http_1_0)) return *refusal;
  return head;
}

}  // namespace millrace
