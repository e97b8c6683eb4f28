#pragma once
// A decimal number with a unit ("1.5h", "64MB"), counted in the smallest unit. What durations and
// byte sizes have in common: no sign, no spaces, no exponent, and never an overflow.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace millrace {

struct DecimalUnit {
  std::string_view name;  // compared exactly
  std::int64_t size;      // in smallest units, at least 1
};

/// The number times its unit, rounded to the nearest whole smallest unit. Nothing when the text has
/// another form, the unit is not one of `units`, or the product leaves the range of int64.
std::optional<std::int64_t> parse_decimal_with_unit(std::string_view text,
                                                    std::span<const DecimalUnit> units);

}  // namespace millrace
