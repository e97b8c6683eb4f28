// ExecutionTable::history: one page of a project's task history, merged from its shards.
//
// Each shard keeps the project's rows sorted by (start time, id). The page comes from a heap of one
// cursor per shard. Once it is full the order no longer matters and the rest is only counted.

#include "storage/keys.h"
#include "storage/tables/execution_rows.h"
#include "storage/tables/execution_table.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace millrace::storage {
namespace {

using Query = ExecutionTable::HistoryQuery;

/// The rows of one shard that lie in the query's time range.
class ShardHistory {
 public:
  ShardHistory(const OrderedStore& store, const Query& query, ShardId shard)
      : prefix_(keys::history(shard, query.project)) {
    const bool is_forward = query.direction == Direction::forward;
    // Where the walk begins, and the time at which it ends. Range ends are keys without an id: they
    // sort below every row of their own time, which makes `after` inclusive, `before` exclusive.
    const auto& begin = is_forward ? query.after : query.before;
    const auto& end = is_forward ? query.before : query.after;
    if (end) end_ = keys::history_from(shard, query.project, *end);
    const std::string start =
        begin ? keys::history_from(shard, query.project, *begin) : std::string();
    is_forward_ = is_forward;
    cursor_ = store.scan(prefix_, query.direction, start);
  }

  bool valid() const {
    return cursor_->valid() && (end_.empty() || (cursor_->key() < end_) == is_forward_);
  }
  void next() { cursor_->next(); }
  Outcome status() const { return cursor_->status(); }
  /// Start time and id: what rows sort by across shards.
  std::string_view order() const { return cursor_->key().substr(prefix_.size()); }

  Result<SummaryView> row() const {
    auto summary = view_summary(cursor_->value());
    if (!summary.ok()) return summary;
    const auto belongs = keys::history_row(ProjectId(std::string(summary->project)),
                                           summary->started, summary->id) == cursor_->key();
    if (belongs) return summary;
    return Error(ErrorCode::corrupt_data,
                 "The task history holds a row whose key does not belong to its content.");
  }

 private:
  std::string prefix_;
  std::string end_;
  bool is_forward_ = true;
  std::unique_ptr<Cursor> cursor_;
};

bool matches(const Query& query, const SummaryView& row) {
  return (!query.user || query.user->text == row.user) &&
         (!query.workflow || query.workflow->text == row.workflow) &&
         (!query.integration || *query.integration == row.integration) &&
         (!query.status || *query.status == row.status);
}

/// Every row matches: counting needs no values.
bool is_unfiltered(const Query& query) {
  return !query.user && !query.workflow && !query.integration && !query.status;
}

class HistoryMerge {
 public:
  HistoryMerge(const OrderedStore& store, const Query& query) : store_(store), query_(query) {}

  Result<ExecutionTable::HistoryPage> run() {
    if (const auto opened = open(); !opened.ok()) return opened.error();
    if (const auto merged = fill_page(); !merged.ok()) return merged.error();
    if (const auto counted = count_rest(); !counted.ok()) return counted.error();
    return std::move(page_);
  }

 private:
  /// The heap's top is the row that comes first in the query's direction.
  auto later() const {
    return [is_forward = query_.direction == Direction::forward](const auto& a, const auto& b) {
      return is_forward ? a->order() > b->order() : a->order() < b->order();
    };
  }

  Outcome open() {
    if (query_.user) return open(shard_of(query_.project, *query_.user));
    for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
      if (const auto opened = open(ShardId{shard}); !opened.ok()) return opened;
    }
    std::make_heap(heap_.begin(), heap_.end(), later());
    return Done{};
  }

  Outcome open(ShardId shard) {
    auto source = std::make_unique<ShardHistory>(store_, query_, shard);
    if (!source->valid()) return source->status();
    heap_.push_back(std::move(source));
    return Done{};
  }

  Outcome fill_page() {
    const std::size_t limit = std::min(query_.limit, limits::history_page_max);
    while (!heap_.empty() && page_.executions.size() < limit && !is_counted()) {
      std::pop_heap(heap_.begin(), heap_.end(), later());
      ShardHistory& source = *heap_.back();
      const auto row = source.row();
      if (!row.ok()) return row.error();
      if (matches(query_, *row) && page_.total++ >= query_.offset) {
        page_.executions.push_back(row->own());
      }
      source.next();
      if (source.valid()) {
        std::push_heap(heap_.begin(), heap_.end(), later());
        continue;
      }
      if (const auto read = source.status(); !read.ok()) return read;
      heap_.pop_back();
    }
    return Done{};
  }

  Outcome count_rest() {
    for (const auto& source : heap_) {
      for (; source->valid() && !is_counted(); source->next()) {
        if (!is_unfiltered(query_)) {
          const auto row = source->row();
          if (!row.ok()) return row.error();
          if (!matches(query_, *row)) continue;
        }
        ++page_.total;
      }
      if (const auto read = source->status(); !read.ok()) return read;
    }
    return Done{};
  }

  bool is_counted() const { return page_.total >= limits::history_total_max; }

  const OrderedStore& store_;
  const Query& query_;
  std::vector<std::unique_ptr<ShardHistory>> heap_;
  ExecutionTable::HistoryPage page_;
};

}  // namespace

Result<ExecutionTable::HistoryPage> ExecutionTable::history(const HistoryQuery& query) const {
  return HistoryMerge(store_, query).run();
}

}  // namespace millrace::storage
