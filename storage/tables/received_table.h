#pragma once
// What came in and has started its runs: deliveries of webhooks by their ids, triggers by their
// `Idempotency-Key`. Written in the commit of the first rows of these runs, so that a repeat finds either
// both or neither. Two rows each, on the user's shard: one found by a digest of what it was, one by time,
// by which old ones are removed.

#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

struct ReceivedRow {
  ProjectId project;
  UserId user;
  std::string digest;  // 32 bytes: which door, what it was for, and its id or key
  Instant at{};
  std::string content;  // 32 bytes: of what it said; empty: whatever it says is the same
  std::vector<ExecutionId> executions;
  /// An AdmissionStage that has held it back, so that there was no execution; 0: none has. With 0x80: for good.
  std::uint8_t held_by = 0;
};

class ReceivedTable {
 public:
  explicit ReceivedTable(const OrderedStore& store) : store_(store) {}

  /// One that is there already is replaced.
  static void put(WriteBatch& batch, const ReceivedRow& row);
  static void remove(WriteBatch& batch, const ReceivedRow& row);

  /// However old it is.
  Result<std::optional<ReceivedRow>> find(const ProjectId& project, const UserId& user,
                                          std::string_view digest) const;

  /// Adds the removal of up to `rows_max` of the shard that are older than `before`; returns how many.
  /// Those from before `from` are gone already. Nobody may put one of these again before that is committed.
  Result<std::size_t> remove_old(WriteBatch& batch, ShardId shard, Instant from, Instant before,
                                 std::size_t rows_max) const;
  /// Adds the removal of up to `rows_max` of the user's; returns how many. Fewer: there are no more.
  Result<std::size_t> remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user,
                                  std::size_t rows_max) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
