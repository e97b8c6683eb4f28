#pragma once
// A time zone of the IANA database, by its name (Europe/Berlin): what a clock on the wall says there. The
// data are the system's (/usr/share/zoneinfo), read when a zone is first asked for; UTC needs none. Those
// files say when clocks change until 2037: later local times are standard time.
//
// A small value; zones are never unloaded. Thread-safe.

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

#include <chrono>
#include <string>
#include <vector>

namespace date {
class time_zone;
}

namespace millrace {

/// A time on the wall, without a zone.
using LocalTime = std::chrono::local_seconds;

class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;

  /// Error: invalid_request, when there is no such zone; its one detail has the nearest name.
  static Result<TimeZone> find(const std::string& name);
  /// All zones that the system has; at least UTC.
  static const std::vector<TimeZone>& all();

  std::string name() const;
  /// What the wall says at this instant; fractions of a second are dropped.
  LocalTime local_time(Instant instant) const;
  /// When the wall says so. A time that does not exist, because the clocks go forward over it, is the first
  /// instant after the gap; one that exists twice is the first of the two. So later local times are never
  /// earlier instants.
  Instant instant(LocalTime local) const;

  bool operator==(const TimeZone&) const = default;

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_ = nullptr;  // null: UTC
};

}  // namespace millrace
