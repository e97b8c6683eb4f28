#include "runtime/schedules/cron.h"

#include "runtime/base/limits.h"
#include "runtime/reading/findings.h"
#include "runtime/text/ascii_text.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED",
                                                        "THU", "FRI", "SAT"};

struct Field {
  std::string_view name;
  unsigned min = 0;
  unsigned max = 0;
  std::string_view expected;
  std::span<const std::string_view> names{};  // of min, min + 1, ...
};

enum Position : std::size_t { second, minute, hour, day_of_month, month, day_of_week, field_count };

const std::array<Field, field_count> fields{{
    {"second", 0, 59, "`*`, or 0 to 59 as numbers, ranges and steps"},
    {"minute", 0, 59, "`*`, or 0 to 59 as numbers, ranges and steps"},
    {"hour", 0, 23, "`*`, or 0 to 23 as numbers, ranges and steps"},
    {"day of the month", 1, 31, "`*`, `?`, `L`, `L-2`, or 1 to 31 as numbers, ranges and steps"},
    {"month", 1, 12, "`*`, or 1 to 12 or JAN to DEC, also as ranges and steps", month_names},
    {"day of the week", 0, 7,
     "`*`, `?`, `5L`, `5#2`, or 0 to 7 or SUN to SAT, also as ranges and steps", weekday_names},
}};

/// Why a field is refused.
struct Refusal {
  std::string why;
};
template <class Value>
using Read = std::variant<Value, Refusal>;

Refusal refusal(std::string_view item, std::string_view why) {
  return {"`" + std::string(item) + "` " + std::string(why)};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(at); end != text.npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (true) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return found;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// Digits, and not so many that the number could be too large.
std::optional<unsigned> parse_number(std::string_view text) {
  constexpr std::size_t digits_max = 4;
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  unsigned number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

/// A number or a name of the field, within its bounds.
std::optional<unsigned> parse_value(const Field& field, std::string_view text) {
  if (const auto number = parse_number(text)) {
    const bool is_inside = *number >= field.min && *number <= field.max;
    return is_inside ? number : std::nullopt;
  }
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (equal_but_for_case(text, field.names[i])) return field.min + static_cast<unsigned>(i);
  }
  return std::nullopt;
}

struct Range {
  unsigned first = 0;
  unsigned last = 0;
};

/// `*`, `5` or `5-9`. A single value with a step goes on to the end.
Read<Range> parse_range(const Field& field, std::string_view item, std::string_view text,
                        bool has_step) {
  const bool is_weekday = &field == &fields[day_of_week];
  if (text == "*") return Range{field.min, is_weekday ? 6 : field.max};
  const auto ends = split(text, '-');
  if (ends.size() > 2) return refusal(item, "is no range");
  const auto first = parse_value(field, ends.front());
  if (!first) return refusal(item, "is no " + std::string(field.name));
  if (ends.size() == 1) return Range{*first, has_step ? (is_weekday ? 6 : field.max) : *first};
  auto last = parse_value(field, ends.back());
  if (!last) return refusal(item, "is no " + std::string(field.name));
  if (is_weekday && *last == 0) last = 7;  // Sunday ends a week as well as it begins one
  if (*last < *first) return refusal(item, "ends before it begins");
  return Range{*first, *last};
}

/// One item of a list, as a set of values.
Read<std::uint64_t> parse_item(const Field& field, std::string_view item) {
  const auto parts = split(item, '/');
  if (parts.size() > 2) return refusal(item, "has two steps");
  unsigned step = 1;
  if (parts.size() == 2) {
    const auto given = parse_number(parts[1]);
    if (!given || *given == 0 || *given > field.max) {
      return refusal(item, "has no step from 1 to " + std::to_string(field.max));
    }
    step = *given;
  }
  auto range = parse_range(field, item, parts[0], parts.size() == 2);
  if (auto* const refused = std::get_if<Refusal>(&range)) return std::move(*refused);
  const auto [first, last] = std::get<Range>(range);
  std::uint64_t set = 0;
  for (unsigned value = first; value <= last; value += step) set |= std::uint64_t{1} << value;
  return set;
}

/// `L` and `L-2`. Nothing: it is neither.
std::optional<Read<unsigned>> parse_from_last(std::string_view item) {
  if (item.empty() || (item[0] != 'L' && item[0] != 'l')) return std::nullopt;
  if (item.size() == 1) return 0u;
  const auto days = item[1] == '-' ? parse_number(item.substr(2)) : std::nullopt;
  if (!days || *days > 30) return refusal(item, "is no day before the last one");
  return *days;
}

void put_days_of_month(std::string_view text, LocalTimes& times, std::optional<Refusal>& refused) {
  std::uint64_t days = 0;
  for (const std::string_view item : split(text, ',')) {
    if (auto from_last = parse_from_last(item)) {
      if (auto* const wrong = std::get_if<Refusal>(&*from_last)) {
        refused = std::move(*wrong);
        return;
      }
      times.days_from_last |= 1u << std::get<unsigned>(*from_last);
      continue;
    }
    auto set = parse_item(fields[day_of_month], item);
    if (auto* const wrong = std::get_if<Refusal>(&set)) {
      refused = std::move(*wrong);
      return;
    }
    days |= std::get<std::uint64_t>(set);
  }
  constexpr std::uint32_t all = 0xffff'fffe;
  times.days_of_month = static_cast<std::uint32_t>(days);
  times.is_any_day_of_month = times.days_of_month == all;
}

/// The weekday in front of `L` or `#`.
std::optional<unsigned> weekday_before(std::string_view text) {
  const auto day = parse_value(fields[day_of_week], text);
  return day ? std::optional(*day % 7) : std::nullopt;
}

std::optional<Refusal> put_weekday(std::string_view item, std::uint64_t& days, LocalTimes& times) {
  if (const auto hash = item.find('#'); hash != item.npos) {
    const auto day = weekday_before(item.substr(0, hash));
    const auto nth = parse_number(item.substr(hash + 1));
    if (!day || !nth || *nth < 1 || *nth > 5) {
      return refusal(item, "is no first to fifth weekday of the month, such as `5#2`");
    }
    times.nth_weekdays |= std::uint64_t{1} << (7 * (*nth - 1) + *day);
    return std::nullopt;
  }
  if (!item.empty() && (item.back() == 'L' || item.back() == 'l')) {
    const auto day = weekday_before(item.substr(0, item.size() - 1));
    if (!day) return refusal(item, "is no last weekday of the month, such as `5L`");
    times.last_weekdays = static_cast<std::uint8_t>(times.last_weekdays | 1u << *day);
    return std::nullopt;
  }
  auto set = parse_item(fields[day_of_week], item);
  if (auto* const wrong = std::get_if<Refusal>(&set)) return std::move(*wrong);
  days |= std::get<std::uint64_t>(set);
  return std::nullopt;
}

void put_weekdays(std::string_view text, LocalTimes& times, std::optional<Refusal>& refused) {
  constexpr std::uint64_t all = 0x7f;
  std::uint64_t days = 0;
  for (const std::string_view item : split(text, ',')) {
    if ((refused = put_weekday(item, days, times))) return;
  }
  times.weekdays = static_cast<std::uint8_t>((days | days >> 7) & all);  // 7 is Sunday, too
  times.is_any_weekday = times.weekdays == all;
}

/// A field that is a set and nothing else.
std::uint64_t put_set(const Field& field, std::string_view text, std::optional<Refusal>& refused) {
  std::uint64_t all = 0;
  for (const std::string_view item : split(text, ',')) {
    auto set = parse_item(field, item);
    if (auto* const wrong = std::get_if<Refusal>(&set)) {
      refused = std::move(*wrong);
      return 0;
    }
    all |= std::get<std::uint64_t>(set);
  }
  return all;
}

std::optional<Refusal> put_field(std::size_t position, std::string_view text, LocalTimes& times) {
  const bool is_day = position == day_of_month || position == day_of_week;
  if (is_day && text == "?") text = "*";
  std::optional<Refusal> refused;
  switch (position) {
    case second:
      times.seconds = put_set(fields[second], text, refused);
      break;
    case minute:
      times.minutes = put_set(fields[minute], text, refused);
      break;
    case hour:
      times.hours = static_cast<std::uint32_t>(put_set(fields[hour], text, refused));
      break;
    case day_of_month:
      put_days_of_month(text, times, refused);
      break;
    case month:
      times.months = static_cast<std::uint16_t>(put_set(fields[month], text, refused));
      break;
    default:
      put_weekdays(text, times, refused);
      break;
  }
  return refused;
}

Error refused_expression(std::vector<ErrorDetail> details) {
  return Error(ErrorCode::invalid_definition, "the cron expression cannot be read",
               std::move(details));
}

Error refused_expression(std::string message, std::string expected, std::string_view got) {
  return refused_expression(
      {finding_at("", "", std::move(message), std::move(expected), std::string(got))});
}

constexpr std::string_view six_fields =
    "six fields: second, minute, hour, day of the month, month, day of the week";

Error other_number_of_fields(std::string_view text, std::size_t count) {
  std::string message =
      "a cron expression has six fields, seconds first; this one has " + std::to_string(count);
  if (count == 5) message += ": write `0 " + std::string(text) + "`";
  if (count == 7) message += ": leave out the year";
  return refused_expression(std::move(message), std::string(six_fields), text);
}

}  // namespace

Result<LocalTimes> parse_cron(std::string_view text) {
  if (text.size() > limits::cron_bytes_max) {
    return refused_expression(
        "a cron expression has at most " + std::to_string(limits::cron_bytes_max) + " bytes",
        std::string(six_fields), std::to_string(text.size()) + " bytes");
  }
  const auto parts = words(text);
  if (parts.size() != field_count) return other_number_of_fields(text, parts.size());
  LocalTimes times;
  std::vector<ErrorDetail> details;
  for (std::size_t i = 0; i < field_count; ++i) {
    if (const auto refused = put_field(i, parts[i], times)) {
      details.push_back(finding_at(
          "", "", "the field of the " + std::string(fields[i].name) + ": " + refused->why,
          std::string(fields[i].expected), std::string(parts[i])));
    }
  }
  if (!details.empty()) return refused_expression(std::move(details));
  if (!is_possible(times)) {
    return refused_expression("it never ticks: there is no such day in any year",
                              "a day that the months have", text);
  }
  return times;
}

}  // namespace millrace
