// ExecutionTable::history: one page of a project's task history, merged from its shards.
//
// Each shard keeps the project's rows sorted by (start time, id), so one walk over all shards, merged by
// what follows the prefix, is the history. Counting the rows behind the page reads their keys only,
// unless the query filters.

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/tables/execution_rows.h"
#include "storage/tables/execution_table.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace::storage {
namespace {

using Query = ExecutionTable::HistoryQuery;

/// The rows of one shard that lie in the query's time range. Range ends are keys without an id: they sort
/// below every row of their own time, which makes `after` inclusive and `before` exclusive.
KeyRange range_of(const Query& query, ShardId shard) {
  KeyRange range{keys::history(shard, query.project)};
  if (query.after) range.from = keys::history_from(shard, query.project, *query.after);
  if (query.before) range.until = keys::history_from(shard, query.project, *query.before);
  return range;
}

ShardSet shards_of(const Query& query) {
  // A user's executions are all on his own shard.
  return query.user ? ShardSet{shard_of(query.project, *query.user)} : ShardSet::all();
}

/// Every row matches: counting needs no values.
bool is_unfiltered(const Query& query) {
  return !query.user && !query.workflow && !query.integration && !query.status;
}

bool matches(const Query& query, const SummaryView& row) {
  return (!query.user || query.user->text == row.user) &&
         (!query.workflow || query.workflow->text == row.workflow) &&
         (!query.integration || *query.integration == row.integration) &&
         (!query.status || *query.status == row.status);
}

Result<SummaryView> read_row(const Cursor& cursor) {
  auto summary = view_summary(cursor.value());
  if (!summary.ok()) return summary;
  const auto belongs = keys::history_row(ProjectId(std::string(summary->project)), summary->started,
                                         summary->id) == cursor.key();
  if (belongs) return summary;
  return Error(ErrorCode::corrupt_data,
               "The task history holds a row whose key does not belong to its content.");
}

std::unique_ptr<Cursor> open(const OrderedStore& store, const Query& query) {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards_of(query)) ranges.push_back(range_of(query, shard));
  ManyOptions options;
  options.order = ManyOptions::Order::by_tail;
  options.direction = query.direction;
  if (is_unfiltered(query)) options.limit = limits::history_total_max;
  return store.scan_many(std::move(ranges), options);
}

}  // namespace

Result<ExecutionTable::HistoryPage> ExecutionTable::history(const HistoryQuery& query) const {
  const std::size_t limit = std::min(query.limit, limits::history_page_max);
  const bool counts_all = is_unfiltered(query);
  HistoryPage page;
  const auto cursor = open(store_, query);
  for (; cursor->valid() && page.total < limits::history_total_max; cursor->next()) {
    const bool is_shown = page.total >= query.offset && page.executions.size() < limit;
    if (counts_all && !is_shown) {
      ++page.total;
      continue;
    }
    const auto row = read_row(*cursor);
    if (!row.ok()) return row.error();
    if (!matches(query, *row)) continue;
    ++page.total;
    if (is_shown) page.executions.push_back(row->own());
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  CHECK(page.executions.size() <= limit, "a page is longer than was asked for");
  return page;
}

}  // namespace millrace::storage
