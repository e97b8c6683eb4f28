#include "actors/tree/run_summary.h"

#include "actors/runs/start_rows.h"

#include <algorithm>
#include <utility>

namespace millrace {

using Marker = storage::ExecutionTable::Marker;

RunSummary::RunSummary(ActorStats& stats, const RunOrder& order)
    : stats_(stats), summary_(summary_of(order)), has_changed_(true), marker_(Marker::never_set) {}

RunSummary::RunSummary(ActorStats& stats, ExecutionSummary stored)
    : stats_(stats), summary_(std::move(stored)), marker_(Marker::may_be_set) {}

void RunSummary::recorded(const Event& event, const BranchMachine& machine,
                          BranchJournal& journal) {
  if (const auto* const moved = std::get_if<ExecutionMigrated>(&event.body)) {
    summary_.version = moved->to;
    summary_.migrated = event.at;
    has_changed_ = true;
    return;
  }
  const auto* const how = std::get_if<ExecutionEnded>(&event.body);
  if (how == nullptr) return;
  summary_.ended = event.at;
  has_changed_ = true;
  ended(*how, machine, journal);
}

void RunSummary::ended(const ExecutionEnded& how, const BranchMachine& machine,
                       BranchJournal& journal) {
  summary_.status = how.status;
  summary_.tasks = machine.tasks();
  switch (how.status) {
    case ExecutionStatus::succeeded:
      ++stats_.runs_succeeded;
      journal.reply(RunAccepted{summary_.id, summary_.started});
      return;
    case ExecutionStatus::failed:
      ++stats_.runs_failed;
      break;
    default:
      ++stats_.runs_cancelled;
      break;
  }
  const auto& steps = machine.workflow().by_index;
  const StepId step = how.step && *how.step < steps.size() ? steps[*how.step]->id : StepId{};
  journal.reply(RunFailed{summary_.id, step, Error(how.code, how.message)});
}

std::optional<ExecutionStatus> RunSummary::add_rows(storage::WriteBatch& batch, bool is_delayed,
                                                    std::uint32_t tasks) {
  if (!is_final(summary_.status)) {
    const auto status = is_delayed ? ExecutionStatus::delayed : ExecutionStatus::executing;
    const bool has_done_more = is_delayed && tasks > summary_.tasks;
    if (std::exchange(summary_.status, status) != status || has_done_more) has_changed_ = true;
    // Never back: when elements wake, what they have done is in no event of their run.
    if (has_changed_) summary_.tasks = std::max(summary_.tasks, tasks);
  }
  if (!std::exchange(has_changed_, false)) return std::nullopt;
  // A run that starts and ends within one batch has no marker to be removed.
  storage::ExecutionTable::put_summary(batch, summary_, std::exchange(marker_, Marker::may_be_set));
  return summary_.status;
}

}  // namespace millrace
