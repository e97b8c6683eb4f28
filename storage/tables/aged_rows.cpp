#include "storage/tables/aged_rows.h"

#include "storage/keys.h"
#include "storage/tables/execution_rows.h"

#include <memory>
#include <utility>

namespace millrace::storage {
namespace {

/// A row whose key is older than the horizon; false ends the piece.
using Visit = std::function<Result<bool>(const Cursor& row, Instant before)>;

/// The project at hand, and what of it is old.
struct ProjectAge {
  ProjectId project{};
  std::optional<Instant> before{};
};

Result<AgedPiece> walk(const OrderedStore& store, const std::string& prefix, std::string walked_to,
                       std::size_t rows_max, const Horizon& horizon, const Visit& visit) {
  AgedPiece piece{std::move(walked_to), false};
  const auto behind = [&] { return piece.walked_to.empty() ? "" : piece.walked_to + '\0'; };
  auto cursor = store.scan(prefix, Direction::forward, behind());
  std::optional<ProjectAge> age;
  for (std::size_t looked = 0; cursor->valid(); ++looked) {
    if (looked == rows_max) return piece;
    const auto key = keys::parse_aged(cursor->key());
    piece.walked_to = cursor->key();
    if (key && (!age || age->project != key->project)) {
      const auto before = horizon(key->project);
      if (!before.ok()) return before.error();
      age = ProjectAge{key->project, *before};
    }
    if (key && (!age->before || key->at >= *age->before)) {
      // All that follows of this project is younger.
      piece.walked_to = keys::end_of_prefix(key->rows_of_project);
      cursor = store.scan(prefix, Direction::forward, piece.walked_to);
      continue;
    }
    if (key) {
      const auto goes_on = visit(*cursor, *age->before);
      if (!goes_on.ok()) return goes_on.error();
      if (!*goes_on) return piece;
    }
    cursor->next();
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  piece.is_through = true;
  return piece;
}

}  // namespace

Result<AgedPiece> walk_ended_runs(
    const OrderedStore& store, ShardId shard, std::string walked_to, std::size_t rows_max,
    const Horizon& horizon, const std::function<Result<bool>(const ExecutionSummary&)>& visit) {
  return walk(store, keys::histories(shard), std::move(walked_to), rows_max, horizon,
              [&](const Cursor& row, Instant before) -> Result<bool> {
                const auto run = view_summary(row.value());
                const bool is_old =
                    run.ok() && is_final(run->status) && run->ended && *run->ended < before;
                return is_old ? visit(run->own()) : Result<bool>(true);
              });
}

Result<AgedPiece> remove_old_entries(const OrderedStore& store, WriteBatch& batch, AgedLog log,
                                     ShardId shard, std::string walked_to, std::size_t rows_max,
                                     Instant before, std::size_t& removed) {
  const std::string prefix = log == AgedLog::events ? keys::event_logs(shard) : keys::audits(shard);
  return walk(
      store, prefix, std::move(walked_to), rows_max,
      [&](const ProjectId&) { return Result<std::optional<Instant>>(before); },
      [&](const Cursor& row, Instant) -> Result<bool> {
        batch.remove(std::string(row.key()));
        ++removed;
        return true;
      });
}

}  // namespace millrace::storage
