#pragma once
// Are the counts of what projects keep right? Adds up all rows, as if there were no counts, and compares.

#include "storage/ordered_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::storage {

/// A count that is not what the rows say.
struct Miscount {
  std::string what;  // "project p1 on shard 7", "execution 0193…"
  std::uint64_t counted = 0;
  std::uint64_t stored = 0;
};

/// Empty: every count is exact. Shards that are not counted yet are passed over. Each shard is looked at as it is at
/// one moment, so the store may be written to meanwhile. Reads everything; memory for the executions of one
/// shard. Errors: those of the store, corrupt_data.
Result<std::vector<Miscount>> check_stored_bytes(const OrderedStore& store);

}  // namespace millrace::storage
