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

Event first_event(const RunOrder& order) { return {order.submitted, order.started}; }

void put_start(storage::WriteBatch& batch, const RunOrder& order) {
  put_files(batch, order);
  JournalPageWriter page;
  page.add(first_event(order));
  storage::ExecutionTable::put_page(batch, order.execution, BranchPath{}, {1, page.take(), 1});
  storage::ExecutionTable::put_summary(batch, summary_of(order));
}

void note_stored(const RunOrder& order, RunObserver* observer) {
  if (observer != nullptr) {
    const ObservedEvent seen = observed(first_event(order), order.submitted);
    observer->durable({order.execution, order.started.project, order.started.user, order.workflow,
                       BranchPath{}, std::span(&seen, 1)});
  }
  order.reply->note_stored();
}

void tell_stored(const RunOrder& order, RunObserver* observer) {
  note_stored(order, observer);
  order.reply->give(TriggerReply(RunAccepted{order.execution, order.submitted}));
}

}  // namespace millrace
