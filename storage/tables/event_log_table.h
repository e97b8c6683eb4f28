#pragma once
// The event log of a project: what came in and started nothing, and why. An entry lies on the shard of the
// user whom it is about, and is never changed. Nothing else refers to it.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"
#include "storage/tables/log_page.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

struct EventLogRow {
  Instant at{};
  std::uint64_t number = 0;  // tells apart what happened in one millisecond; random
  std::string level;         // "warning"
  std::string type;          // what came in: TriggerKind::type
  std::string message;
  std::string code;      // of the unmet condition
  std::string trace_id;  // may be empty, like all that follow
  UserId user;
  WorkflowId workflow;
  std::string integration;
};

struct EventLogQuery {
  ProjectId project;
  std::optional<UserId> user;
  std::optional<WorkflowId> workflow;
  std::string level;  // empty: any
  std::string type;   // empty: any
  Instant since{};
  /// Begins behind this entry; nothing: with the newest.
  std::optional<LogPlace> after;
  std::size_t limit = 100;
};

using EventLogPage = LogPage<EventLogRow>;

class EventLogTable {
 public:
  /// Entries that one page looks at, whatever it finds.
  static constexpr std::size_t looked_at_max = log_page_looked_at_max;

  explicit EventLogTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, ShardId shard, const ProjectId& project,
                  const EventLogRow& row);
  /// Removes what is older than `before` on the shard, by whole stretches of time (keys.h), of the
  /// `stretches` that end there.
  static void remove_old(WriteBatch& batch, ShardId shard, const ProjectId& project, Instant before,
                         std::int64_t stretches);

  /// Removes up to `rows_max` entries about the user; returns how many. Fewer: there are no more.
  Result<std::size_t> remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user,
                                  std::size_t rows_max) const;

  Result<EventLogPage> list(const EventLogQuery& query) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
