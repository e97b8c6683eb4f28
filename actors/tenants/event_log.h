#pragma once
// The event log: what came in, or was to be looked for, and started nothing, with the code of the condition that was
// not met, so that "why did nothing run?" has an answer. A log of people's mistakes, not of traffic: a project writes
// at most `entries_per_minute_max` entries a minute, the others are counted and left out. Entries are kept
// `kept_for`; old ones go as new ones come. They are durable soon, not at once: a crash may lose the last
// moments. Thread-safe; blocks never to write, on the disk to list.

#include "actors/tenants/fenced_commits.h"
#include "runtime/base/clock.h"
#include "runtime/base/random.h"
#include "runtime/base/recent_map.h"
#include "storage/tables/event_log_table.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace millrace {

struct EventLogEntry {
  ProjectId project;
  UserId user;
  WorkflowId workflow;            // empty: none in particular
  std::string type;               // TriggerKind::type of what came in
  std::string integration;        // of the workflow; may be empty
  std::string trace_id;           // may be empty
  std::string level = "warning";  // or "error": it is for somebody to mend
};

class EventLog {
 public:
  static constexpr std::size_t entries_per_minute_max = 600;
  static constexpr std::chrono::hours kept_for{30 * 24};

  EventLog(const storage::OrderedStore& store, FencedCommits commits, const Clock& clock,
           Random& random)
      : table_(store), commits_(std::move(commits)), clock_(clock), random_(random) {}

  /// Nothing was started, because of `why`.
  void note(const EventLogEntry& entry, const Error& why);

  /// Those that are younger than `kept_for`. Errors: those of the store.
  Result<storage::EventLogPage> list(storage::EventLogQuery query) const;

  std::uint64_t left_out() const { return left_out_; }

 private:
  struct Project {
    std::int64_t minute = 0;
    std::size_t entries = 0;  // of that minute
  };

  bool may_note(const ProjectId& project, Instant now);
  /// Of which the old entries are to be removed now: not again until a stretch of time has passed.
  std::int64_t old_stretches(ShardId shard, const ProjectId& project, Instant before);

  const storage::EventLogTable table_;
  FencedCommits commits_;
  const Clock& clock_;
  Random& random_;
  std::atomic<std::uint64_t> left_out_{0};
  std::mutex mutex_;  // guards what follows
  RecentMap<std::string, Project> projects_{10'000};
  /// Up to where old entries are gone, by shard and project.
  RecentMap<std::string, std::int64_t> cleared_{50'000};
};

}  // namespace millrace
