#include "runtime/polls/poll_cursor.h"

#include "runtime/text/time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

namespace millrace {
namespace {

/// Digits, perhaps with a fraction, without a sign.
struct Decimal {
  std::string_view whole;     // without leading zeros
  std::string_view fraction;  // without trailing zeros
  auto operator<=>(const Decimal& other) const {
    if (whole.size() != other.whole.size()) return whole.size() <=> other.whole.size();
    if (whole != other.whole) return whole <=> other.whole;
    return fraction <=> other.fraction;
  }
  bool operator==(const Decimal&) const = default;
};

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Decimal> decimal_in(std::string_view text) {
  const auto point = text.find('.');
  Decimal decimal{text.substr(0, point),
                  point == std::string_view::npos ? "" : text.substr(point + 1)};
  const bool has_fraction = point != std::string_view::npos;
  if (decimal.whole.empty() || !is_digits(decimal.whole)) return std::nullopt;
  if (has_fraction && (decimal.fraction.empty() || !is_digits(decimal.fraction))) {
    return std::nullopt;
  }
  while (!decimal.whole.empty() && decimal.whole.front() == '0') decimal.whole.remove_prefix(1);
  while (!decimal.fraction.empty() && decimal.fraction.back() == '0') {
    decimal.fraction.remove_suffix(1);
  }
  return decimal;
}

std::weak_ordering compare_numbers(const Json& a, const Json& b) {
  if (a.is_int64() && b.is_int64()) return a.get_int64() <=> b.get_int64();
  if (a.is_uint64() && b.is_uint64()) return a.get_uint64() <=> b.get_uint64();
  const double left = a.to_number<double>();
  const double right = b.to_number<double>();
  if (left < right) return std::weak_ordering::less;
  return left > right ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

std::weak_ordering compare_texts(std::string_view a, std::string_view b) {
  const auto left = decimal_in(a);
  const auto right = decimal_in(b);
  if (left && right) return *left <=> *right;
  const auto first = parse_time(a);
  const auto second = parse_time(b);
  // Digits beyond the millisecond are for the texts to say.
  if (first && second && *first != *second) return *first <=> *second;
  return a <=> b;
}

Error no_time(const Json& cursor) {
  return Error(
      ErrorCode::type_mismatch,
      "the poll has an `overlap`, and its cursor is no point in time that could go back: " +
          std::string(kind_name(cursor)));
}

bool is_in_seconds(double number) { return std::abs(number) < 1e10; }

Json number_back(const Json& cursor, Millis overlap) {
  const double number = cursor.to_number<double>();
  const auto by = is_in_seconds(number) ? overlap.count() / 1000 : overlap.count();
  if (cursor.is_int64()) return cursor.get_int64() - by;
  return number - static_cast<double>(by);
}

/// Slack's `1712345678.000100`, or the milliseconds of others: the digits behind the point stay.
std::optional<Json> digits_back(std::string_view text, Millis overlap) {
  if (!decimal_in(text)) return std::nullopt;
  const auto point = text.find('.');
  std::int64_t whole = 0;
  const std::string_view digits = text.substr(0, point);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
  if (read.ec != std::errc()) return std::nullopt;
  whole -= is_in_seconds(static_cast<double>(whole)) ? overlap.count() / 1000 : overlap.count();
  std::string back = std::to_string(std::max<std::int64_t>(whole, 0));
  if (point != std::string_view::npos) back += text.substr(point);
  return Json(back);
}

}  // namespace

std::optional<std::weak_ordering> compare_cursors(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.is_string() && b.is_string()) return compare_texts(a.get_string(), b.get_string());
  return std::nullopt;
}

Result<Json> moved_back(const Json& cursor, Millis overlap) {
  if (cursor.is_null() || overlap == Millis(0)) return cursor;
  if (cursor.is_number()) return number_back(cursor, overlap);
  if (!cursor.is_string()) return no_time(cursor);
  const std::string_view text = cursor.get_string();
  if (auto digits = digits_back(text, overlap)) return std::move(*digits);
  const auto instant = parse_time(text);
  if (!instant) return no_time(cursor);
  std::string back = to_text(*instant - overlap);
  // Who writes no fractions may not read them either.
  const auto point = back.find('.');
  if (text.find('.') == std::string_view::npos && point != std::string::npos) {
    back.erase(point, back.find('Z') - point);
  }
  return Json(back);
}

}  // namespace millrace
