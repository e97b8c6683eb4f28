#include "runtime/text/time_text.h"

#include "runtime/text/worded_time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace millrace {
namespace {

/// What year 9999 can hold; beyond is surely not meant as a time.
constexpr double time_millis_max = 253'402'300'800'000.0;

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Reads a text from left to right; every step says whether it found what it was asked for.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

  bool skip(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Exactly `count` digits.
  std::optional<int> number(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char digit : rest_.substr(0, count)) {
      if (digit < '0' || digit > '9') return std::nullopt;
      value = value * 10 + (digit - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// Exactly `count` digits with a value in [low, high].
  std::optional<int> number(std::size_t count, int low, int high) {
    const auto value = number(count);
    return value && *value >= low && *value <= high ? value : std::nullopt;
  }

 private:
  std::string_view rest_;
};

struct Date {
  std::chrono::sys_days day;
  bool is_basic = false;  // without marks between the numbers
};

std::optional<Date> read_date(TextCursor& text) {
  const auto year = text.number(4);
  if (!year) return std::nullopt;
  const bool is_basic = !text.skip("-");
  const auto month = text.number(2);
  if (!month || (!is_basic && !text.skip("-"))) return std::nullopt;
  const auto day = text.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)});
  if (!date.ok()) return std::nullopt;
  return Date{std::chrono::sys_days(date), is_basic};
}

struct TimeOfDay {
  Millis since_midnight{0};
  bool is_leap_second = false;
};

std::optional<TimeOfDay> read_time_of_day(TextCursor& text, bool is_basic) {
  const auto hour = text.number(2, 0, 23);
  if (!hour || (!is_basic && !text.skip(":"))) return std::nullopt;
  const auto minute = text.number(2, 0, 59);
  if (!minute) return std::nullopt;
  TimeOfDay time{hours(*hour) + minutes(*minute), false};
  if (is_basic ? !text.at_digit() : !text.skip(":")) return time;

  const auto second = text.number(2, 0, 60);
  if (!second) return std::nullopt;
  time.since_midnight += seconds(*second);
  time.is_leap_second = *second == 60;
  if (!text.skip(".,")) return time;

  // Digits beyond the millisecond are read and dropped.
  int place = 100;
  auto digit = text.number(1);
  if (!digit) return std::nullopt;
  for (; digit; digit = text.number(1)) {
    time.since_midnight += Millis(*digit * place);
    place /= 10;
  }
  return time;
}

std::optional<Millis> read_offset(TextCursor& text) {
  if (text.skip("Zz")) return Millis(0);
  const bool is_east = text.skip("+");
  if (!is_east && !text.skip("-")) return std::nullopt;
  const auto hour = text.number(2, 0, 23);
  if (!hour) return std::nullopt;
  const auto minute = text.skip(":") || !text.at_end() ? text.number(2, 0, 59) : 0;
  if (!minute) return std::nullopt;
  const Millis offset = hours(*hour) + minutes(*minute);
  return is_east ? offset : -offset;
}

std::optional<Instant> parse_iso_time(std::string_view text) {
  TextCursor cursor(text);
  const auto date = read_date(cursor);
  if (!date) return std::nullopt;
  if (cursor.at_end()) return Instant(date->day);

  if (!cursor.skip("Tt ")) return std::nullopt;
  const auto time = read_time_of_day(cursor, date->is_basic);
  if (!time) return std::nullopt;
  const bool has_space = cursor.skip(" ");
  const auto offset =
      cursor.at_end() && !has_space ? std::optional(Millis(0)) : read_offset(cursor);
  if (!offset || !cursor.at_end()) return std::nullopt;

  const Instant instant = Instant(date->day) + time->since_midnight - *offset;
  // Leap seconds end a UTC day. Our clock has none, so that it is the first second of the next day.
  if (time->is_leap_second &&
      std::chrono::floor<seconds>(instant) != std::chrono::floor<days>(instant)) {
    return std::nullopt;
  }
  return instant;
}

/// A number that cannot be a date of eight digits, nor a count of anything but time.
std::optional<Instant> parse_number(std::string_view text) {
  constexpr std::size_t digits_min = 9;
  const auto digits = std::min(text.find('.'), text.size());
  if (digits < digits_min || text.find_first_not_of("0123456789.") != std::string_view::npos) {
    return std::nullopt;
  }
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return instant_of(number);
}

std::optional<Instant> parse_odata_time(std::string_view text) {
  constexpr std::string_view begin = "/Date(";
  constexpr std::string_view end = ")/";
  if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  text = text.substr(begin.size(), text.size() - begin.size() - end.size());
  std::int64_t millis = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (read.ec != std::errc() || std::fabs(static_cast<double>(millis)) >= time_millis_max) {
    return std::nullopt;
  }
  TextCursor rest(text.substr(static_cast<std::size_t>(read.ptr - text.data())));
  if (!rest.at_end() && (!read_offset(rest) || !rest.at_end())) return std::nullopt;
  return Instant(Millis(millis));
}

}  // namespace

std::optional<Instant> parse_time(std::string_view text) {
  for (const auto parse : {&parse_iso_time, &parse_worded_time, &parse_number, &parse_odata_time}) {
    if (const auto instant = parse(text)) return instant;
  }
  return std::nullopt;
}

std::optional<Instant> instant_of(double number) {
  constexpr double seconds_min = 1e8;
  constexpr double seconds_end = 1e10;
  const double size = std::fabs(number);
  const double millis = size >= seconds_min && size < seconds_end ? number * 1'000 : number;
  if (!(std::fabs(millis) < time_millis_max)) return std::nullopt;
  return Instant(Millis(static_cast<std::int64_t>(std::floor(millis))));
}

}  // namespace millrace
