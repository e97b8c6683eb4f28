#pragma once
// Entries of the event log about what comes again and again, such as ticks: the same condition of one account
// and workflow is told once an hour, and at once when it is another one. After a restart it is told again.
// Thread-safe.

#include "actors/tenants/event_log.h"
#include "runtime/base/recent_map.h"

#include <mutex>
#include <string>

namespace millrace {

class UnmetNotes {
 public:
  static constexpr std::chrono::hours told_again_after{1};
  /// Of which it is known what was told. Those beyond it, the oldest first, may be told again too early.
  static constexpr std::size_t known_max = 100'000;

  /// `log` null: nothing is told.
  UnmetNotes(EventLog* log, const Clock& clock) : log_(log), clock_(clock) {}

  void note(const EventLogEntry& entry, const std::string& credential, const Error& why);

 private:
  struct Told {
    ErrorCode code = ErrorCode::internal_error;
    Instant at{};
  };

  EventLog* const log_;
  const Clock& clock_;
  std::mutex mutex_;
  RecentMap<std::string, Told> told_{known_max};
};

}  // namespace millrace
