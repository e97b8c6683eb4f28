#pragma once
// Jobs that do something with many executions, in bounded parts. A job is one row on its project's shard: which
// executions, what is to be done, and how far it has come. Each part is one commit: what it does (the first rows
// of the runs that it starts), the row as it is then, and at the end the next wake in the place of this one. So a
// crash anywhere leaves a job that goes on behind what is done.
//
// A job that is through keeps what came of it until its last wake, and forgets whom it was about.

#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/execution/execution_summary.h"
#include "storage/ordered_store.h"
#include "storage/tables/wake_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// Stored numbers: never reused.
enum class BulkKind : std::uint8_t { replay = 1, cancel = 2, migrate = 3 };

/// Which of a project's executions, by what is given: each means what it does for lists (ExecutionTable::HistoryQuery).
struct BulkFilter {
  std::optional<UserId> user{};
  std::optional<WorkflowId> workflow{};
  std::optional<std::string> integration{};  // empty: of workflows that belong to none
  std::optional<ExecutionStatus> status{};
  std::optional<Instant> after{};   // started at or after
  std::optional<Instant> before{};  // started before

  bool matches(const ExecutionSummary& run) const;
};

struct BulkJobRow {
  ProjectId project;
  std::string id;  // of the job
  BulkKind kind = BulkKind::replay;
  std::string content;  // a digest of what was asked for, 32 bytes
  std::string by;       // who asked for it, for the history of those that are cancelled
  Instant created{};

  /// The executions themselves, or the filter.
  std::vector<ExecutionId> executions;
  bool is_by_filter = false;
  BulkFilter filter;

  // Of replays:
  std::uint8_t version_choice = 0;  // ReplayChoice::Version
  WorkflowVersion version = 0;      // of migrations: to which
  std::string from_step;

  // Of migrations:
  WorkflowId workflow{};
  WorkflowVersion from_version = 0;
  std::string step_map;  // JSON text

  std::uint64_t done = 0;  // of `executions`
  std::string walked_to;   // of a filter: the key of the last history row that was looked at
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::string refused_list;  // JSON text: [{"id","code","stepId"}, …], the first ones
  std::optional<Instant> ended;
  Instant due{};  // of its wake: the next part, or when the row goes
};

class BulkJobTable {
 public:
  explicit BulkJobTable(const OrderedStore& store) : store_(store) {}

  /// The row alone; its wake is the caller's.
  static void put(WriteBatch& batch, const BulkJobRow& row);
  static void remove(WriteBatch& batch, const BulkJobRow& row);
  static WakeRow wake_of(const BulkJobRow& row);

  Result<std::optional<BulkJobRow>> find(const ProjectId& project, std::string_view id) const;
  /// By the target key of a wake.
  Result<std::optional<BulkJobRow>> find(const std::string& key) const;
  /// All that are kept of a project.
  Result<std::vector<BulkJobRow>> list(const ProjectId& project) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
