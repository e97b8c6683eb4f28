#include "actors/tenants/task_usage.h"

namespace millrace {

Result<TaskUsage::Use> TaskUsage::use(const ProjectId& project) const {
  const auto months = table_.of_project(project);
  if (!months) return months.error();
  Use use{{CalendarMonth::of(clock_.now()), 0}, {}};
  for (const storage::MonthTasks& each : *months) {
    if (each.month == use.now.month) {
      use.now.tasks = each.tasks;
    } else if (each.month < use.now.month) {
      use.earlier.push_back(each);
    }
  }
  return use;
}

}  // namespace millrace
