#include "runtime/base/calendar_month.h"

#include <algorithm>
#include <limits>

namespace millrace {
namespace {

constexpr std::uint16_t months_of_year = 12;

/// At least `digits` of them.
std::string padded(unsigned number, std::size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

}  // namespace

CalendarMonth CalendarMonth::of(Instant instant) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(instant));
  const std::int64_t number =
      std::int64_t{int{day.year()}} * months_of_year + unsigned{day.month()} - 1;
  constexpr std::int64_t last = std::numeric_limits<std::uint16_t>::max();
  return {static_cast<std::uint16_t>(std::clamp<std::int64_t>(number, 0, last))};
}

std::string to_text(CalendarMonth month) {
  return padded(month.number / months_of_year, 4) + '-' +
         padded(month.number % months_of_year + 1u, 2);
}

}  // namespace millrace
