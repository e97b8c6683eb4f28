#include "actors/tenants/task_usage.h"

#include "storage/usage/usage_limits.h"

namespace millrace {

Result<TaskUsage::Use> TaskUsage::use(const ProjectId& project) const {
  const auto months = table_.of_project(project);
  if (!months) return months.error();
  Use use{{CalendarMonth::of(clock_.now()), 0}, {}};
  for (const storage::MonthTasks& each : *months) {
    if (each.month == use.now.month) {
      use.now.tasks = each.tasks;
    } else if (each.month < use.now.month &&
               each.month.number + limits::task_months_kept > use.now.month.number) {
      use.earlier.push_back(each);
    }
  }
  return use;
}

}  // namespace millrace
