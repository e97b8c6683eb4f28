#pragma once
// Rows that say how many bytes projects keep. Written by storage/usage alone, with the rows that they count:
// for each project and shard the sum of its rows there, for each execution the bytes of its rows, and for each
// shard how much of it is counted.

#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

/// How much of a shard is counted: all of it, or the rows whose keys are below `until`.
struct CountedShard {
  bool is_all = false;
  std::string until{};      // empty: nothing
  std::uint64_t epoch = 0;  // of whoever has counted last, and every commit from then on
};

class StoredBytesTable {
 public:
  explicit StoredBytesTable(const OrderedStore& store) : store_(store) {}

  static void put_state(WriteBatch& batch, ShardId shard, const CountedShard& state);
  /// What was counted is to be counted anew, because the batch, or what follows it, is not.
  static void forget(WriteBatch& batch, ShardId shard);
  static void put_sum(WriteBatch& batch, std::string key, std::uint64_t bytes);
  static void put_execution(WriteBatch& batch, const ExecutionId& id, std::uint64_t bytes);

  /// Of a shard that nobody has counted: nothing of it.
  Result<CountedShard> state(ShardId shard) const;
  /// 0: there is no such row.
  Result<std::uint64_t> sum(std::string_view key) const;
  Result<std::uint64_t> of_execution(const ExecutionId& id) const;
  /// Of all shards together; those that are not counted are left out.
  Result<std::uint64_t> total(const ProjectId& project) const;

 private:
  Result<std::uint64_t> number(std::string_view key) const;

  const OrderedStore& store_;
};

Result<CountedShard> decode_counted_shard(std::string_view row);
/// The number that a sum's or an execution's row holds.
Result<std::uint64_t> decode_stored_bytes(std::string_view row);

}  // namespace millrace::storage
