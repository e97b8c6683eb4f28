#include "http/wire/url_text.h"

#include "runtime/base/json.h"
#include "runtime/text/charset_text.h"
#include "runtime/text/hex_text.h"

namespace millrace {
namespace {

enum class Plus { literal, space };

Result<std::string> unescape(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      out.push_back(' ');
      continue;
    }
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return Error(ErrorCode::invalid_request,
                   "invalid percent-encoding: '%' must be followed by two hexadecimal digits; a "
                   "literal '%' is written %25");
    }
    if (high == 0 && low == 0) {
      return Error(ErrorCode::invalid_request, "invalid percent-encoding: %00 is not allowed");
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Result<std::string> decode(std::string_view text, Plus plus, std::string_view charset = {}) {
  // Each id in a path comes through here, and hardly any has something to decode.
  const bool has_escape = text.find('%') != std::string_view::npos ||
                          (plus == Plus::space && text.find('+') != std::string_view::npos);
  auto out = has_escape ? unescape(text, plus) : Result<std::string>(std::string(text));
  if (out && !is_valid_utf8(*out)) {
    auto text_in_charset = charset.empty() ? std::nullopt : to_utf8(*out, charset);
    if (text_in_charset) return std::move(*text_in_charset);
    return Error(ErrorCode::invalid_request, "the text is not valid UTF-8 after percent-decoding");
  }
  return out;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) { return decode(text, Plus::literal); }

Result<FormFields> parse_form(std::string_view text, std::string_view charset) {
  FormFields fields;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (field.empty()) continue;
    if (fields.size() == limits::form_fields_max) {
      return Error(
          ErrorCode::limit_exceeded,
          "more than " + std::to_string(limits::form_fields_max) + " form fields or parameters");
    }
    const auto equals = field.find('=');
    auto key = decode(field.substr(0, equals), Plus::space, charset);
    if (!key) return key.error();
    auto value =
        decode(equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1),
               Plus::space, charset);
    if (!value) return value.error();
    fields.emplace_back(std::move(*key), std::move(*value));
  }
  return fields;
}

}  // namespace millrace
