#include "actors/runs/start_rows.h"

#include "actors/runs/stored_files.h"
#include "runtime/execution/event_codec.h"
#include "runtime/execution/mask_event.h"
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
  if (order.started.replay) summary.replay_of = order.started.replay->of;
  summary.priority = order.workflow->admission.priority;
  return summary;
}

void put_files(storage::WriteBatch& batch, const RunOrder& order) {
  for (const auto& [file, bytes] : order.files.all()) {
    if (order.secrets == nullptr) {
      storage::FileTable::put(batch, order.execution, file, *bytes);
    } else {
      StoredFiles::put(batch, order.execution, file, *bytes, *order.secrets);
    }
  }
}

Event first_event(const RunOrder& order) { return {order.submitted, order.started}; }

namespace {

/// What is known of another run's secrets is sealed here, too.
void add_first_event(JournalPageWriter& page, const RunOrder& order) {
  const Event event = first_event(order);
  const auto masked = order.secrets != nullptr && order.secrets->knows_any()
                          ? mask_event(event, *order.secrets->known())
                          : std::optional<MaskedEvent>();
  if (masked) {
    page.add(masked->shown, order.secrets->seal(masked->found, event_text(event)));
  } else {
    page.add(event);
  }
}

}  // namespace

void put_start(storage::WriteBatch& batch, const RunOrder& order) {
  put_files(batch, order);
  JournalPageWriter page;
  add_first_event(page, order);
  storage::ExecutionTable::put_page(batch, order.execution, BranchPath{}, {1, page.take(), 1});
  storage::ExecutionTable::put_summary(batch, summary_of(order));
}

void note_stored(const RunOrder& order, RunObserver* observer) {
  if (observer != nullptr) {
    const ObservedEvent seen = observed(first_event(order), order.submitted);
    observer->durable({order.execution, order.started.project, order.started.user, order.workflow,
                       BranchPath{}, std::span(&seen, 1),
                       RunStanding{ExecutionStatus::executing, order.submitted}});
  }
  order.reply->note_stored();
}

void tell_stored(const RunOrder& order, RunObserver* observer) {
  note_stored(order, observer);
  order.reply->give(TriggerReply(RunAccepted{order.execution, order.submitted}));
}

}  // namespace millrace
