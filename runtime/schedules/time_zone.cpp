#include "runtime/schedules/time_zone.h"

#include "runtime/reading/findings.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <date/tz.h>
#include <exception>
#include <span>

namespace millrace {
namespace {

constexpr std::string_view utc = "UTC";

/// Not of the IANA database, and another one on each machine.
constexpr std::string_view machine_zone = "localtime";

using TheirInstant = date::sys_time<std::chrono::seconds>;
using TheirLocalTime = date::local_time<std::chrono::seconds>;

Instant ours(TheirInstant instant) { return Instant(instant.time_since_epoch()); }

TheirInstant theirs(Instant instant) {
  return TheirInstant(std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch()));
}

/// Empty when the system has no zone data: then there is UTC alone.
std::span<const date::time_zone> zones_of_system() {
  static const std::span<const date::time_zone> zones = [] {
    try {
      return std::span<const date::time_zone>(date::get_tzdb().zones);
    } catch (const std::exception&) {
      return std::span<const date::time_zone>();
    }
  }();
  return zones;
}

const std::vector<std::string>& names_of_system() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{std::string(utc)};
    for (const auto& zone : zones_of_system()) {
      if (zone.name() != machine_zone) all.push_back(zone.name());
    }
    return all;
  }();
  return names;
}

Error unknown(const std::string& name) {
  const bool has_data = !zones_of_system().empty();
  const std::string nearest = nearest_name(name, names_of_system());
  std::string message = "there is no time zone \"" + name + '"' + did_you_mean(nearest);
  if (!has_data) message += ": this system has no zone data but UTC (install tzdata)";
  return Error(ErrorCode::invalid_request, message,
               {finding_at("", "", message, "a zone of the IANA database, such as `Europe/Berlin`",
                           name, nearest)});
}

}  // namespace

Result<TimeZone> TimeZone::find(const std::string& name) {
  if (name == utc) return TimeZone();
  const auto zones = zones_of_system();
  const auto found = std::lower_bound(
      zones.begin(), zones.end(), name,
      [](const date::time_zone& zone, const std::string& wanted) { return zone.name() < wanted; });
  if (found == zones.end() || found->name() != name || name == machine_zone) return unknown(name);
  try {
    found->get_info(TheirInstant());  // reads its file: a damaged one is found now
  } catch (const std::exception& problem) {
    return Error(ErrorCode::invalid_request, "the system's data of the time zone \"" + name +
                                                 "\" cannot be read: " + problem.what());
  }
  return TimeZone(&*found);
}

const std::vector<TimeZone>& TimeZone::all() {
  static const std::vector<TimeZone> zones = [] {
    std::vector<TimeZone> all;
    for (const std::string& name : names_of_system()) {
      if (const auto zone = find(name)) all.push_back(*zone);
    }
    return all;
  }();
  return zones;
}

std::string TimeZone::name() const { return zone_ == nullptr ? std::string(utc) : zone_->name(); }

LocalTime TimeZone::local_time(Instant instant) const {
  const TheirInstant at = theirs(instant);
  const auto offset = zone_ == nullptr ? std::chrono::seconds(0) : zone_->get_info(at).offset;
  return LocalTime(at.time_since_epoch() + offset);
}

Instant TimeZone::instant(LocalTime local) const {
  const std::chrono::seconds wall = local.time_since_epoch();
  if (zone_ == nullptr) return Instant(wall);
  const date::local_info info = zone_->get_info(TheirLocalTime(wall));
  if (info.result == date::local_info::nonexistent) return ours(info.first.end);
  return Instant(wall - info.first.offset);
}

}  // namespace millrace
