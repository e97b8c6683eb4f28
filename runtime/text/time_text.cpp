#include "runtime/text/time_text.h"

namespace millrace {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Reads a text from left to right; every step says whether it found what it was asked for.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

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

std::optional<std::chrono::sys_days> read_date(TextCursor& text) {
  const auto year = text.number(4);
  if (!year || !text.skip("-")) return std::nullopt;
  const auto month = text.number(2);
  if (!month || !text.skip("-")) return std::nullopt;
  const auto day = text.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)});
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

struct TimeOfDay {
  Millis since_midnight{0};
  bool is_leap_second = false;
};

std::optional<TimeOfDay> read_time_of_day(TextCursor& text) {
  const auto hour = text.number(2, 0, 23);
  if (!hour || !text.skip(":")) return std::nullopt;
  const auto minute = text.number(2, 0, 59);
  if (!minute) return std::nullopt;
  TimeOfDay time{hours(*hour) + minutes(*minute), false};
  if (!text.skip(":")) return time;

  const auto second = text.number(2, 0, 60);
  if (!second) return std::nullopt;
  time.since_midnight += seconds(*second);
  time.is_leap_second = *second == 60;
  if (!text.skip(".")) return time;

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
  if (!hour || !text.skip(":")) return std::nullopt;
  const auto minute = text.number(2, 0, 59);
  if (!minute) return std::nullopt;
  const Millis offset = hours(*hour) + minutes(*minute);
  return is_east ? offset : -offset;
}

}  // namespace

std::optional<Instant> parse_time(std::string_view text) {
  TextCursor cursor(text);
  const auto date = read_date(cursor);
  if (!date) return std::nullopt;
  if (cursor.at_end()) return Instant(*date);

  if (!cursor.skip("Tt ")) return std::nullopt;
  const auto time = read_time_of_day(cursor);
  if (!time) return std::nullopt;
  const auto offset = cursor.at_end() ? std::optional(Millis(0)) : read_offset(cursor);
  if (!offset || !cursor.at_end()) return std::nullopt;

  const Instant instant = Instant(*date) + time->since_midnight - *offset;
  // Leap seconds end a UTC day. Our clock has none, so that it is the first second of the next day.
  if (time->is_leap_second &&
      std::chrono::floor<seconds>(instant) != std::chrono::floor<days>(instant)) {
    return std::nullopt;
  }
  return instant;
}

}  // namespace millrace
