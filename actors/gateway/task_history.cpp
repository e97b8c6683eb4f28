#include "actors/gateway/task_history.h"

#include "storage/tables/execution_table.h"

#include <utility>

namespace millrace {

TaskHistory::TaskHistory(const storage::OrderedStore& store, WorkflowLibrary& workflows,
                         const storage::Sealer& sealer)
    : store_(store), runs_(store, workflows, sealer) {}

Result<TaskHistory::Page> TaskHistory::list(const Query& query) const {
  storage::ExecutionTable::HistoryQuery rows;
  rows.project = query.project;
  rows.user = query.user;
  rows.workflow = query.workflow;
  rows.integration = query.integration;
  rows.status = query.status;
  rows.after = query.after;
  rows.before = query.before;
  rows.direction = query.order == Order::newest_first ? storage::Direction::backward
                                                      : storage::Direction::forward;
  rows.offset = query.offset;
  rows.limit = query.limit;
  auto page = storage::ExecutionTable(store_).history(rows);
  if (!page) return page.error();
  return Page{std::move(page->executions), page->total};
}

}  // namespace millrace
