#pragma once
// How many tasks a project has settled this month, and in those before (storage/usage/task_counts.h). Months are
// those of the calendar in UTC, by when a step ended; a new one begins with nothing done. Thread-safe; blocks on the
// disk: request threads only.

#include "runtime/base/clock.h"
#include "storage/tables/task_count_table.h"
#include "storage/usage/task_counts.h"

#include <vector>

namespace millrace {

class TaskUsage {
 public:
  /// All outlive this. `counts`: who counts what is settled here.
  TaskUsage(const storage::OrderedStore& store, const storage::TaskCounts& counts,
            const Clock& clock)
      : table_(store), counts_(counts), clock_(clock) {}

  struct Use {
    storage::MonthTasks now;
    /// The latest first, of limits::task_months_kept together with `now`; months without tasks are left out.
    std::vector<storage::MonthTasks> earlier;
  };
  /// What is durable. Errors: those of the store.
  Result<Use> use(const ProjectId& project) const;

  storage::TaskCountStats stats() const { return counts_.stats(); }

 private:
  const storage::TaskCountTable table_;
  const storage::TaskCounts& counts_;
  const Clock& clock_;
};

}  // namespace millrace
