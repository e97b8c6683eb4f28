#pragma once
// What is due: the rows of timer_table.h and wake_table.h, read in one walk and in one order.

#include "runtime/base/clock.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"
#include "storage/tables/timer_table.h"
#include "storage/tables/wake_table.h"

#include <functional>
#include <variant>

namespace millrace::storage {

using DueRow = std::variant<TimerRow, WakeRow>;

Instant due_of(const DueRow& row);
/// Whose owner is to act on it.
ShardId shard_of(const DueRow& row);

/// The rows of these shards that are due before `before`, the earliest first over all shards and kinds.
/// `visit` returns false when it needs none that are due later than this one.
///
/// Damage of one row must not keep the others from being woken: a row that cannot be read is passed
/// over, and so is the rest of a shard whose rows cannot be read on; what there is besides is visited
/// (some of it twice then), and the outcome is the first damage, `corrupt_data`. Other errors of the
/// store end the walk. Rows are read in pieces (walk_in_pieces.h).
Outcome visit_due(const OrderedStore& store, const ShardSet& shards, Instant before,
                  const std::function<bool(DueRow)>& visit);

}  // namespace millrace::storage
