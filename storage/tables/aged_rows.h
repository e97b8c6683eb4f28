#pragma once
// Walks over the rows of one shard that are older than their project keeps them: runs by the time at which they
// ended, entries of the logs by their own. All projects of the shard in one walk, in bounded pieces; what is young is
// passed over by one look for each project, as the rows lie in the order of their time.
//
// A run that began long ago and has not ended, or ended late, is looked at in every walk and stays.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard.h"
#include "runtime/execution/execution_summary.h"
#include "storage/ordered_store.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace millrace::storage {

/// What of the project is from before this is old. Nothing: it is kept for ever.
using Horizon = std::function<Result<std::optional<Instant>>(const ProjectId&)>;

struct AgedPiece {
  std::string walked_to;  // where the next piece goes on
  bool is_through = false;
};

/// Looks at up to `rows_max` rows behind `walked_to` (empty: from the beginning). `visit` is given runs that ended
/// before their horizon; false ends the piece behind this one. A damaged row is passed over. Errors: those of the
/// store, of `horizon` and of `visit`.
Result<AgedPiece> walk_ended_runs(
    const OrderedStore& store, ShardId shard, std::string walked_to, std::size_t rows_max,
    const Horizon& horizon, const std::function<Result<bool>(const ExecutionSummary&)>& visit);

enum class AgedLog : std::uint8_t { events, audit };

/// Adds the removal of old entries, of up to `rows_max` that it looks at; `removed` counts them.
Result<AgedPiece> remove_old_entries(const OrderedStore& store, WriteBatch& batch, AgedLog log,
                                     ShardId shard, std::string walked_to, std::size_t rows_max,
                                     Instant before, std::size_t& removed);

}  // namespace millrace::storage
