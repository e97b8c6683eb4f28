#include "runtime/text/decimal_text.h"

#include <limits>

namespace millrace {
namespace {

// More digits than this cannot change a count of milliseconds or bytes.
constexpr std::size_t fraction_digits_max = 9;
// Keeps `unit * digits` of the fraction inside int64 (the largest unit is far below 10^9 * 10^9).
constexpr std::int64_t whole_max = std::numeric_limits<std::int64_t>::max() / 4;

std::size_t count_digits(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789");
  return end == std::string_view::npos ? text.size() : end;
}

std::optional<std::int64_t> read_whole(std::string_view digits) {
  std::int64_t number = 0;
  for (const char digit : digits) {
    if (number > (whole_max - 9) / 10) return std::nullopt;
    number = number * 10 + (digit - '0');
  }
  return number;
}

/// `digits` behind the decimal point, as a share of `unit`.
std::int64_t read_fraction(std::string_view digits, std::int64_t unit) {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  for (const char digit : digits.substr(0, fraction_digits_max)) {
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  // In long double, because `numerator * unit` may leave int64; its 64-bit mantissa is exact enough
  // for a result that is at most one unit.
  const auto share = static_cast<long double>(numerator) * static_cast<long double>(unit) /
                     static_cast<long double>(denominator);
  return static_cast<std::int64_t>(share + 0.5L);
}

}  // namespace

std::optional<std::int64_t> parse_decimal_with_unit(std::string_view text,
                                                    std::span<const DecimalUnit> units) {
  const std::string_view whole_digits = text.substr(0, count_digits(text));
  if (whole_digits.empty()) return std::nullopt;
  text.remove_prefix(whole_digits.size());

  std::string_view fraction_digits;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction_digits = text.substr(0, count_digits(text));
    if (fraction_digits.empty()) return std::nullopt;
    text.remove_prefix(fraction_digits.size());
  }

  const auto whole = read_whole(whole_digits);
  if (!whole) return std::nullopt;
  for (const auto& unit : units) {
    if (unit.name != text) continue;
    if (*whole > whole_max / unit.size) return std::nullopt;
    return *whole * unit.size + read_fraction(fraction_digits, unit.size);
  }
  return std::nullopt;
}

}  // namespace millrace
