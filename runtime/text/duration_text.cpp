#include "runtime/text/duration_text.h"

#include "runtime/text/decimal_text.h"

#include <array>
#include <cstdint>

namespace millrace {
namespace {

constexpr std::array<DecimalUnit, 5> units{{
    {"ms", 1},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000},
}};

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  const auto millis = parse_decimal_with_unit(text, units);
  if (!millis) return std::nullopt;
  return Millis(*millis);
}

std::string duration_text(Millis duration) {
  const auto millis = static_cast<std::uint64_t>(duration.count());
  std::string text = std::to_string(millis) + "ms";
  for (const DecimalUnit& unit : units) {
    const auto size = static_cast<std::uint64_t>(unit.size);
    if (millis > 0 && millis % size == 0) {
      text = std::to_string(millis / size) + std::string(unit.name);
    }
  }
  return text;
}

}  // namespace millrace
