#include "storage/tables/history_walk.h"

#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/tables/execution_rows.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace millrace::storage {
namespace {

/// What is left of the walk. `walked_to` itself is met once more, since a range begins with a key.
std::vector<KeyRange> rest_of(const ProjectId& project, const std::string& walked_to) {
  const bool is_begun = !walked_to.empty();
  const ShardId reached = is_begun ? keys::shard_in(walked_to) : ShardId{0};
  std::vector<KeyRange> ranges;
  for (const ShardId shard : ShardSet::all()) {
    if (is_begun && shard < reached) continue;
    KeyRange range{keys::history(shard, project)};
    if (is_begun && shard == reached) range.from = walked_to;
    ranges.push_back(std::move(range));
  }
  return ranges;
}

}  // namespace

Result<HistoryPiece> walk_history(const OrderedStore& store, const ProjectId& project,
                                  std::string walked_to, std::size_t rows_max,
                                  const std::function<bool(const ExecutionSummary&)>& visit) {
  HistoryPiece piece{std::move(walked_to), false};
  ManyOptions options;
  // Besides, the row that is met once more, and one that says whether this was all.
  options.limit = std::min(rows_max, std::numeric_limits<std::size_t>::max() - 2) + 2;
  const auto cursor = store.scan_many(rest_of(project, piece.walked_to), options);
  std::size_t seen = 0;
  for (; cursor->valid() && seen < rows_max; cursor->next()) {
    if (cursor->key() == piece.walked_to) continue;
    ++seen;
    piece.walked_to = cursor->key();
    const auto row = view_summary(cursor->value());
    if (row && !visit(row->own())) return piece;
  }
  if (const auto read = cursor->status(); !read) return read.error();
  piece.is_through = !cursor->valid();
  return piece;
}

}  // namespace millrace::storage
