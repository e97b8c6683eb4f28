#include "actors/runs/start_rows.h"

#include "runtime/execution/event_codec.h"
#include "storage/tables/file_table.h"

namespace millrace {

ExecutionSummary summary_of(const RunOrder& order) {
  ExecutionSummary summary;
  summary.id = order.execution;
  summary.project = order.started.project;
  summary.user = order.started.user;
  summary.workflow = order.started.workflow;
  summary.version = order.started.version;
  summary.integration = order.workflow->integration;
  summary.started = order.submitted;
  return summary;
}

void put_files(storage::WriteBatch& batch, const RunOrder& order) {
  for (const auto& [file, bytes] : order.files.all()) {
    storage::FileTable::put(batch, order.execution, file, *bytes);
  }
}

void put_start(storage::WriteBatch& batch, const RunOrder& order, const Event& started) {
  put_files(batch, order);
  JournalPageWriter page;
  page.add(started);
  storage::ExecutionTable::put_page(batch, order.execution, BranchPath{}, {1, page.take(), 1});
  storage::ExecutionTable::put_summary(batch, summary_of(order));
}

}  // namespace millrace
