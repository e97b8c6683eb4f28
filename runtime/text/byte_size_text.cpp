#include "runtime/text/byte_size_text.h"

#include "runtime/text/decimal_text.h"

#include <array>

namespace millrace {
namespace {

constexpr std::array<DecimalUnit, 7> units{{
    {"B", 1},
    {"KB", 1 << 10},
    {"KiB", 1 << 10},
    {"MB", 1 << 20},
    {"MiB", 1 << 20},
    {"GB", 1 << 30},
    {"GiB", 1 << 30},
}};

}  // namespace

std::optional<std::size_t> parse_byte_size(std::string_view text) {
  const auto bytes = parse_decimal_with_unit(text, units);
  if (!bytes) return std::nullopt;
  return static_cast<std::size_t>(*bytes);
}

}  // namespace millrace
