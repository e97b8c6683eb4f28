#include "runtime/base/clock.h"

#include <algorithm>
#include <cstdio>

namespace millrace {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

Moment SystemClock::moment() const { return std::chrono::steady_clock::now(); }

void SystemClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                             Instant due) {
  // Waiting on the steady clock in slices of at most a minute: a jump of the wall clock (NTP, a
  // resumed machine) then costs a minute at worst, not the whole remaining wait.
  const Millis left = std::clamp(due - now(), Millis(0), Millis(60'000));
  condition.wait_for(lock, left);
}

std::string to_text(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(instant - day);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text;
}

}  // namespace millrace
