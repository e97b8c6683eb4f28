#include "runtime/schedules/read_schedule.h"

#include "runtime/base/limits.h"
#include "runtime/schedules/cron.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr std::string_view expected_every =
    "`seconds`, `minutes`, `hours` with `minute`, `days` with `at`, or `weekdays` with `at`";
constexpr std::array<std::string_view, 5> units{"seconds", "minutes", "hours", "days", "weekdays"};

const std::vector<std::string>& weekday_names() {
  static const std::vector<std::string> names{"sunday",   "monday", "tuesday", "wednesday",
                                              "thursday", "friday", "saturday"};
  return names;
}

constexpr std::uint32_t all_hours = 0x00ff'ffff;

std::optional<unsigned> two_digits(std::string_view text, unsigned max) {
  if (text.size() != 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
    return std::nullopt;
  }
  const auto number = static_cast<unsigned>((text[0] - '0') * 10 + (text[1] - '0'));
  return number <= max ? std::optional(number) : std::nullopt;
}

/// `at`: "09:00".
bool read_time(ObjectReader& json, LocalTimes& times) {
  const auto text = json.required_constant_text("at");
  if (!text) return false;
  const std::string_view at = *text;
  const bool has_colon = at.size() == 5 && at[2] == ':';
  const auto hour = has_colon ? two_digits(at.substr(0, 2), 23) : std::nullopt;
  const auto minute = has_colon ? two_digits(at.substr(3), 59) : std::nullopt;
  if (!hour || !minute) {
    json.report_obstacle("at", "it is no time of the day", "a time from `00:00` to `23:59`", *text);
    return false;
  }
  times.hours = 1u << *hour;
  times.minutes = std::uint64_t{1} << *minute;
  return true;
}

/// Nothing: it is no weekday, which is a finding.
std::optional<unsigned> read_weekday(ObjectReader& json, const Json& value, std::size_t index) {
  const std::string pointer = json.pointer_to("weekdays") + '/' + std::to_string(index);
  if (!value.is_string()) {
    json.report_unreadable(pointer, "the name of a weekday", value);
    return std::nullopt;
  }
  const std::string given(value.get_string());
  const auto& names = weekday_names();
  const auto found = std::find(names.begin(), names.end(), lower_case(given));
  if (found != names.end()) return static_cast<unsigned>(found - names.begin());
  json.findings().add_obstacle(finding_at(json.step(), pointer,
                                          "there is no weekday `" + given + "`", list_names(names),
                                          given, nearest_name(given, names)));
  return std::nullopt;
}

std::optional<Schedule> read_interval(ObjectReader& json, std::string_view key, std::int64_t max,
                                      std::chrono::seconds unit) {
  const auto count = json.integer(key, 1, max);
  if (!count) return std::nullopt;
  return Interval{unit * *count};
}

std::optional<Schedule> read_hours(ObjectReader& json) {
  const auto hours = json.integer("hours", 1, limits::schedule_hours_max);
  const bool has_minute = json.find("minute") != nullptr;
  const auto minute = json.integer("minute", 0, 59);
  if (!hours || (has_minute && !minute)) return std::nullopt;
  LocalTimes times;
  times.hours = all_hours;
  times.minutes = std::uint64_t{1} << minute.value_or(0);
  times.every_hours = static_cast<std::uint32_t>(*hours);
  return times;
}

std::optional<Schedule> read_days(ObjectReader& json) {
  LocalTimes times;
  const auto days = json.integer("days", 1, limits::schedule_days_max);
  const bool has_time = read_time(json, times);
  if (!days || !has_time) return std::nullopt;
  times.every_days = static_cast<std::uint32_t>(*days);
  return times;
}

std::optional<Schedule> read_weekdays(ObjectReader& json) {
  LocalTimes times;
  const JsonArray* const list = json.array("weekdays");
  bool is_read = read_time(json, times) && list != nullptr;
  if (list == nullptr) return std::nullopt;
  if (list->empty())
    json.report_obstacle("weekdays", "no weekday is named", list_names(weekday_names()));
  is_read = is_read && !list->empty();
  times.is_any_weekday = false;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto weekday = read_weekday(json, (*list)[i], i);
    if (weekday) times.weekdays = static_cast<std::uint8_t>(times.weekdays | 1u << *weekday);
    is_read = is_read && weekday;
  }
  return is_read ? std::optional<Schedule>(times) : std::nullopt;
}

std::optional<Schedule> read_unit(ObjectReader& json, std::string_view unit) {
  using namespace std::chrono_literals;
  if (unit == "seconds") return read_interval(json, unit, limits::schedule_seconds_max, 1s);
  if (unit == "minutes") return read_interval(json, unit, limits::schedule_minutes_max, 1min);
  if (unit == "hours") return read_hours(json);
  if (unit == "days") return read_days(json);
  return read_weekdays(json);
}

std::optional<Schedule> read_every(ObjectReader& parent, const Json& value) {
  ObjectReader json(value, parent.pointer_to("every"), parent.step(), parent.findings());
  if (!value.is_object()) return std::nullopt;
  std::vector<std::string_view> named;
  for (const std::string_view unit : units) {
    if (json.find(unit) != nullptr) named.push_back(unit);
  }
  std::optional<Schedule> schedule;
  if (named.size() == 1) {
    schedule = read_unit(json, named[0]);
  } else if (named.empty()) {
    json.report_obstacle("", "it does not say how often", std::string(expected_every));
  } else {
    json.report_obstacle(
        "",
        "it says two things: `" + std::string(named[0]) + "` and `" + std::string(named[1]) + "`",
        std::string(expected_every));
    for (const char* const other : {"minute", "at"}) json.find(other);
  }
  json.finish();
  return schedule;
}

std::optional<Schedule> read_cron(ObjectReader& json) {
  const auto text = json.constant_text("cron");
  if (!text) return std::nullopt;
  const auto times = parse_cron(*text);
  if (times) return *times;
  for (const ErrorDetail& detail : times.error().details) {
    json.report_obstacle("cron", detail.message, detail.expected, detail.got);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Schedule> read_schedule(ObjectReader& json) {
  const Json* const every = json.find("every");
  const bool has_cron = json.find("cron") != nullptr;
  if (every != nullptr && has_cron) {
    json.report_obstacle("cron", "a schedule has `every` or `cron`, not both");
    return std::nullopt;
  }
  if (every != nullptr) return read_every(json, *every);
  if (has_cron) return read_cron(json);
  json.report_obstacle("every", "`every` or `cron` says when it ticks, and both are missing",
                       std::string(expected_every));
  return std::nullopt;
}

}  // namespace millrace
