// ExecutionTable::history: one page of a project's task history, merged from its shards.
//
// Each shard keeps the project's rows sorted by (start time, id), so one walk over all shards, merged by
// what follows the prefix, is the history. A page that is full says nothing of the rows behind it: they
// are counted by a second walk, which needs no order and is half the work a row (and, unless the query
// filters, reads no values). What is written between the two walks may be in the one and not the other.
//
// This is what lists are by definition, and what answers until a project's index is whole
// (storage/history). Its cost grows with the rows that are walked over.

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/tables/execution_rows.h"
#include "storage/tables/execution_table.h"
#include "storage/walk_in_pieces.h"

#include <algorithm>
#include <memory>
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

/// Of these, what is behind the query's place.
KeyRange rest_of(const Query& query, ShardId shard) {
  KeyRange range = range_of(query, shard);
  if (!query.behind) return range;
  std::string place = range.prefix + keys::history_order(query.behind->started, query.behind->id);
  if (query.direction == Direction::backward) {
    if (range.until.empty() || place < range.until) range.until = std::move(place);
  } else {
    place.push_back('\0');  // the next key
    if (place > range.from) range.from = std::move(place);
  }
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

using RangeOf = KeyRange (*)(const Query&, ShardId);

std::vector<KeyRange> ranges_of(const Query& query, RangeOf range) {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards_of(query)) ranges.push_back(range(query, shard));
  return ranges;
}

/// The rows behind the query's place in the order of the list. `wanted`: of those that match.
std::unique_ptr<Cursor> open_list(const OrderedStore& store, const Query& query,
                                  std::size_t wanted) {
  constexpr std::size_t filtered_min = 256;  // of these some will match
  const std::size_t first =
      std::clamp(wanted, is_unfiltered(query) ? 1 : filtered_min, limits::history_total_max);
  return walk_in_pieces(store, ranges_of(query, &rest_of), first, ManyOptions::Order::by_tail,
                        query.direction);
}

/// The rows that match, counted up to `history_total_max`.
Result<std::size_t> count(const OrderedStore& store, const Query& query) {
  ManyOptions options;
  options.direction = query.direction;
  if (is_unfiltered(query)) options.limit = limits::history_total_max;
  const auto cursor = store.scan_many(ranges_of(query, &range_of), options);
  std::size_t total = 0;
  for (; cursor->valid() && total < limits::history_total_max; cursor->next()) {
    if (!is_unfiltered(query)) {
      const auto row = read_row(*cursor);
      if (!row.ok()) return row.error();
      if (!matches(query, *row)) continue;
    }
    ++total;
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return total;
}

}  // namespace

Result<ExecutionTable::HistoryPage> ExecutionTable::history(const HistoryQuery& query) const {
  const std::size_t limit = std::min(query.limit, limits::history_page_max);
  const std::size_t offset = query.behind ? 0 : query.offset;
  HistoryPage page;
  std::size_t matched = 0;
  // One more than the page says whether there are more.
  const std::size_t before = std::min(offset, limits::history_total_max);
  const auto cursor = open_list(store_, query, before + limit + 1);
  for (; cursor->valid() && !page.has_more; cursor->next()) {
    if (matched >= limits::history_total_max) break;
    const auto row = read_row(*cursor);
    if (!row.ok()) return row.error();
    if (!matches(query, *row) || matched++ < offset) continue;
    page.has_more = page.executions.size() == limit;
    if (page.has_more) break;
    page.executions.push_back(row->own());
    page.last = HistoryPlace{row->started, row->id};
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  page.total = matched;
  if (!cursor->valid() && !query.behind) return page;  // every row was met

  const auto total = count(store_, query);
  if (!total.ok()) return total.error();
  // Rows of the page may be gone by now.
  page.total = std::max(*total, matched);
  page.is_total_cut = page.total >= limits::history_total_max;
  CHECK(page.total <= limits::history_total_max, "more rows were counted than is promised");
  return page;
}

}  // namespace millrace::storage
