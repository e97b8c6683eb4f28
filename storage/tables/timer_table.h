#pragma once
// Timers as rows: every wake-up of a sleeping run is derived from one of these, so a lost message
// or a dead process costs latency and never a run. due_rows.h reads them.

#include "runtime/admission/priority.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/execution/branch_path.h"
#include "storage/ordered_store.h"

#include <string_view>

namespace millrace::storage {

struct TimerRow {
  Instant due{};
  ExecutionId execution;
  BranchPath branch;
  StepIndex step = 0;
  ProjectId project;
  UserId user;
  Priority priority = priority_standard;  // of the run, for its turn when it is due
  auto operator<=>(const TimerRow&) const = default;
};

class TimerTable {
 public:
  /// Removes the timers of a user that are left on the user's shard: rows of elements that were cut off by
  /// the end of their run stay until they are due. Reads all timers of the shard.
  static Outcome remove_of_user(WriteBatch& batch, const OrderedStore& store,
                                const ProjectId& project, const UserId& user);
  static void put(WriteBatch& batch, const TimerRow& timer);
  static void remove(WriteBatch& batch, const TimerRow& timer);
};

/// Refuses a damaged row with corrupt_data.
Result<TimerRow> decode_timer(std::string_view key, std::string_view value);

}  // namespace millrace::storage
