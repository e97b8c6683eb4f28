#pragma once
// Index rows (kinds 40 to 42 and the accounts of 53 in keys.h) for what was deployed and enabled without them: by a
// program that knew none. A shard's state row says which indexes it has, and under which epoch. Whoever owns
// the shard next finds its own epoch to follow that one, unless such a program has owned it between
// them. So this is one walk over workflows and credentials for each time that an older program was
// here, and one read and one small row per shard otherwise.

#include "storage/ordered_store.h"

#include <span>

namespace millrace::storage {

/// Of the shards that are owned under these fences: right after they were claimed. In commits of
/// bounded size, and safe to repeat after a crash: the state comes last. Blocks; nobody may write to
/// these shards meanwhile. Errors of the store; corrupt_data.
Outcome back_fill_indexes(OrderedStore& store, std::span<const Fence> owned);

}  // namespace millrace::storage
