#include "runtime/base/json.h"

#include "runtime/base/json_surrogates.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <variant>

namespace millrace {
namespace {

/// Boost.JSON's own parser handler with two differences. A double is read again with from_chars from
/// its text, because the parser of 1.81 may be off by one unit in the last place. And one that is too
/// large is refused, where Boost.JSON makes it an infinity.
class ExactHandler {
 public:
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  Json release() { return values_.release(); }
  /// The text of the number that was refused.
  const std::string& number() const { return number_; }

  bool on_document_begin(Code&) {
    values_.reset();
    return true;
  }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t n, Code&) {
    values_.push_object(n);
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t n, Code&) {
    values_.push_array(n);
    return true;
  }
  bool on_key_part(Text text, std::size_t, Code&) {
    values_.push_chars(text);
    return true;
  }
  bool on_key(Text text, std::size_t, Code&) {
    values_.push_key(text);
    return true;
  }
  bool on_string_part(Text text, std::size_t, Code&) {
    values_.push_chars(text);
    return true;
  }
  bool on_string(Text text, std::size_t, Code&) {
    values_.push_string(text);
    return true;
  }
  bool on_number_part(Text text, Code&) {
    number_.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t i, Text, Code&) {
    number_.clear();
    values_.push_int64(i);
    return true;
  }
  bool on_uint64(std::uint64_t u, Text, Code&) {
    number_.clear();
    values_.push_uint64(u);
    return true;
  }
  bool on_double(double d, Text text, Code& error) {
    number_.append(text.data(), text.size());
    double exact = d;
    const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), exact);
    if (read.ec == std::errc()) d = exact;
    // Out of range is also what is too small: that is nearly 0 in `d`.
    if (read.ec != std::errc() && std::fabs(d) >= 1) {
      error = boost::json::error::exponent_overflow;
      return false;
    }
    number_.clear();
    values_.push_double(d);
    return true;
  }
  bool on_bool(bool b, Code&) {
    values_.push_bool(b);
    return true;
  }
  bool on_null(Code&) {
    values_.push_null();
    return true;
  }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

 private:
  boost::json::value_stack values_;
  std::string number_;
};

void append_string(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain_from, i - plain_from);
    plain_from = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
        out.push_back('"');
        break;
      case '\\':
        out.push_back('\\');
        break;
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      default:
        out.append("u00");
        out.push_back(digits[c >> 4]);
        out.push_back(digits[c & 0x0f]);
    }
  }
  out.append(text, plain_from, std::string_view::npos);
  out.push_back('"');
}

/// Writes a whole number in scientific form ("-1.2345e+17") with all of its digits.
void append_filled(std::string& out, std::string_view scientific) {
  const std::size_t e = scientific.find('e');
  int zeros = 0;  // digits after the point: as many as the exponent says
  std::from_chars(scientific.data() + e + 2, scientific.data() + scientific.size(), zeros);
  std::size_t point = scientific.find('.');
  if (point > e) point = e;
  out.append(scientific, 0, point);
  if (point < e) {
    out.append(scientific, point + 1, e - point - 1);
    zeros -= static_cast<int>(e - point - 1);
  }
  out.append(static_cast<std::size_t>(zeros), '0');
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out.append(buffer, end);
}

void append_value(std::string& out, const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out.append("null");
      return;
    case boost::json::kind::bool_:
      out.append(value.get_bool() ? "true" : "false");
      return;
    case boost::json::kind::int64:
      append_integer(out, value.get_int64());
      return;
    case boost::json::kind::uint64:
      append_integer(out, value.get_uint64());
      return;
    case boost::json::kind::double_:
      append_number(out, value.get_double());
      return;
    case boost::json::kind::string:
      append_string(out, value.get_string());
      return;
    case boost::json::kind::array: {
      out.push_back('[');
      bool first = true;
      for (const auto& element : value.get_array()) {
        if (!first) out.push_back(',');
        first = false;
        append_value(out, element);
      }
      out.push_back(']');
      return;
    }
    case boost::json::kind::object: {
      out.push_back('{');
      bool first = true;
      for (const auto& member : value.get_object()) {
        if (!first) out.push_back(',');
        first = false;
        append_string(out, member.key());
        out.push_back(':');
        append_value(out, member.value());
      }
      out.push_back('}');
      return;
    }
  }
}

struct Refusal {
  ErrorCode code = ErrorCode::invalid_json;  // `limit_exceeded` where the text may well be JSON
  std::string message;
  std::size_t at = 0;
};

std::variant<Json, Refusal> parse(std::string_view text, std::size_t depth_max) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::basic_parser<ExactHandler> parser(options);
  boost::json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  const auto refuse = [](ErrorCode code, const std::string& what, std::size_t at) {
    return Refusal{code, "not valid JSON: " + what + " at byte " + std::to_string(at), at};
  };
  const auto first_not_blank = [&](std::size_t from) {
    return text.find_first_not_of(" \t\r\n", from);
  };
  if (!error) {
    const auto rest = first_not_blank(used);
    if (rest == std::string_view::npos) return parser.handler().release();
    return Refusal{ErrorCode::invalid_json,
                   "unexpected text after the JSON value at byte " + std::to_string(rest), rest};
  }
  if (error == boost::json::error::too_deep) {
    return refuse(ErrorCode::limit_exceeded,
                  "nested deeper than " + std::to_string(depth_max) + " levels", used);
  }
  if (error == boost::json::error::exponent_overflow) {
    return refuse(ErrorCode::limit_exceeded, "a number that is too large",
                  used - parser.handler().number().size());
  }
  if (error == boost::json::error::incomplete) {
    const bool is_empty = first_not_blank(0) == std::string_view::npos;
    return refuse(ErrorCode::invalid_json, is_empty ? "it is empty" : "it ends too early", used);
  }
  return refuse(ErrorCode::invalid_json, error.message(), used);
}

Result<Json> result_of(std::variant<Json, Refusal> parsed) {
  if (auto* const value = std::get_if<Json>(&parsed)) return std::move(*value);
  const auto& refusal = std::get<Refusal>(parsed);
  return Error(refusal.code, refusal.message);
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t depth_max) {
  auto value = result_of(parse(text, depth_max));
  if (value) return value;
  return Error(ErrorCode::invalid_json, value.error().message);
}

std::size_t json_mistake_at(std::string_view text, std::size_t depth_max) {
  const auto parsed = parse(text, depth_max);
  const auto* const refusal = std::get_if<Refusal>(&parsed);
  return refusal == nullptr ? text.size() : refusal->at;
}

Result<Json> parse_foreign_json(std::string_view text) {
  auto value = result_of(parse(text, limits::json_depth_max));
  if (value || value.error().code == ErrorCode::limit_exceeded) return value;
  std::string repaired(text);
  if (!replace_lone_surrogates(repaired)) return value;
  return result_of(parse(repaired, limits::json_depth_max));
}

std::string to_text(const Json& value) {
  std::string out;
  append_value(out, value);
  return out;
}

void append_text(std::string& out, const Json& value) { append_value(out, value); }

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out.append("null");
    return;
  }
  if (number == 0) {
    out.push_back('0');  // also for -0, as JSON.stringify does
    return;
  }
  char buffer[64];
  const double magnitude = std::fabs(number);
  const bool plain = magnitude >= 1e-6 && magnitude < 1e21;
  // Beyond 2^53 the fixed format gives all digits of the double's exact value; ECMAScript gives the
  // shortest ones that mean the same double, filled up with zeros.
  const bool filled = plain && magnitude >= 0x1p53;
  const auto format = plain && !filled ? std::chars_format::fixed : std::chars_format::scientific;
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, number, format).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  if (filled) {
    append_filled(out, text);
    return;
  }
  if (plain) {
    out.append(text);
    return;
  }
  // to_chars writes at least two exponent digits ("1e-07"); ECMAScript writes as few as possible.
  const std::size_t exponent = text.find('e') + 2;
  out.append(text.substr(0, exponent));
  text.remove_prefix(exponent);
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  out.append(text);
}

bool is_deeper_than(const Json& value, std::size_t depth_max) {
  if (!value.is_structured()) return false;
  if (depth_max == 0) return true;
  if (const auto* const array = value.if_array()) {
    return std::any_of(array->begin(), array->end(),
                       [&](const Json& element) { return is_deeper_than(element, depth_max - 1); });
  }
  const auto& object = value.get_object();
  return std::any_of(object.begin(), object.end(), [&](const auto& member) {
    return is_deeper_than(member.value(), depth_max - 1);
  });
}

std::string_view kind_name(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return "number";
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::array:
      return "array";
    case boost::json::kind::object:
      return "object";
  }
  return "unknown";
}

SharedJson share(Json value) { return std::make_shared<const Json>(std::move(value)); }

const SharedJson& shared_null() {
  static const SharedJson null = share(nullptr);
  return null;
}

std::string pointer_token(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (c == '~') {
      out.append("~0");
    } else if (c == '/') {
      out.append("~1");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace millrace
