#include "runtime/text/http_date_text.h"

#include <array>
#include <charconv>

namespace millrace {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  using namespace std::chrono;
  //  Sun, 06 Nov 1994 08:49:37 GMT
  constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
  if (text.size() != shape.size() || !text.ends_with(" GMT")) return std::nullopt;
  for (const std::size_t mark : {3, 4, 7, 11, 16, 19, 22}) {
    if (text[mark] != shape[mark]) return std::nullopt;
  }
  const auto day_number = number(text.substr(5, 2));
  const auto year_number = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  unsigned month_number = 0;
  for (unsigned i = 0; i < months.size(); ++i) {
    if (text.substr(8, 3) == months[i]) month_number = i + 1;
  }
  if (!day_number || !year_number || !hour || !minute || !second) return std::nullopt;
  if (*year_number < 0 || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59 || *second < 0 ||
      *second > 60) {
    return std::nullopt;
  }
  const year_month_day date{year(*year_number), month(month_number),
                            day(static_cast<unsigned>(*day_number))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
}

}  // namespace millrace
