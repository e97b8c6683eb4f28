#include "actors/gateway/task_history.h"

#include "storage/history/history_index.h"
#include "storage/history/history_limits.h"
#include "storage/history/history_pages.h"
#include "storage/history/history_statistics.h"
#include "storage/tables/execution_table.h"

#include <utility>

namespace millrace {
namespace {

using Rows = storage::ExecutionTable::HistoryQuery;
using RowPage = storage::ExecutionTable::HistoryPage;

static_assert(TaskHistory::statistics_buckets_max <= limits::statistics_buckets_max);

Rows rows_of(const TaskHistory::Query& query) {
  Rows rows;
  rows.project = query.project;
  rows.user = query.user;
  rows.workflow = query.workflow;
  rows.integration = query.integration;
  rows.status = query.status;
  rows.after = query.after;
  rows.before = query.before;
  rows.direction = query.order == TaskHistory::Order::newest_first ? storage::Direction::backward
                                                                   : storage::Direction::forward;
  if (query.behind) rows.behind = storage::HistoryPlace{query.behind->started, query.behind->id};
  rows.offset = query.offset;
  rows.limit = query.limit;
  return rows;
}

/// What `read` finds in the project's index; nothing when it cannot be asked now, or is damaged.
template <class Read>
auto ask(storage::HistoryIndex* index, const ProjectId& project, Read read)
    -> std::optional<std::remove_reference_t<decltype(*read())>> {
  if (index == nullptr) return std::nullopt;
  const auto ready = index->catch_up(project);
  if (!ready || !*ready) return std::nullopt;
  auto held = index->hold(project);
  if (!held || !*held) return std::nullopt;
  auto found = read();
  (*held)->unlock();
  if (found) return std::move(*found);
  if (found.error().code == ErrorCode::corrupt_data) {
    ignore_result(index->forget(project), "whoever asks next meets the damage again");
  }
  return std::nullopt;
}

}  // namespace

TaskHistory::TaskHistory(const storage::OrderedStore& store, WorkflowLibrary& workflows,
                         const storage::Sealer& sealer, storage::HistoryIndex* index)
    : store_(store), runs_(store, workflows, sealer), index_(index) {}

Result<TaskHistory::ExportPlace> TaskHistory::begin_export(const ProjectId& project) const {
  ExportPlace place = exports_.take(project, exports_per_project_max);
  if (place.is_taken()) return place;
  Error error(ErrorCode::rate_limited,
              "another export of the project's history goes on; try again when it has ended");
  error.retry_after = 10;
  return error;
}

Result<TaskHistory::Page> TaskHistory::list(const Query& query) const {
  const Rows rows = rows_of(query);
  auto found = ask(index_, query.project, [&] { return storage::indexed_history(store_, rows); });
  if (!found) {
    auto walked = storage::ExecutionTable(store_).history(rows);
    if (!walked) return walked.error();
    found = std::move(*walked);
  }
  Page page{std::move(found->executions), found->total, found->is_total_cut, found->has_more, {}};
  if (found->last) page.last = Place{found->last->started, found->last->id};
  return page;
}

Result<std::vector<TaskHistory::StatisticsBucket>> TaskHistory::statistics(
    const StatisticsQuery& query) const {
  const auto found = ask(index_, query.project, [&] {
    return storage::indexed_statistics(
        store_, {query.project, query.workflow, query.from, query.to, query.bucket});
  });
  if (!found) {
    return Error(ErrorCode::overloaded,
                 "the task history is being indexed; ask again in a few seconds");
  }
  std::vector<StatisticsBucket> buckets;
  for (const auto& bucket : *found) {
    buckets.push_back({bucket.at, bucket.succeeded, bucket.failed, bucket.cancelled,
                       bucket.durations.quantile(0.5), bucket.durations.quantile(0.95)});
  }
  return buckets;
}

}  // namespace millrace
