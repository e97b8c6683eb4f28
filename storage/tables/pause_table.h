#pragma once
// Rows of accounts that may not be asked before a time, because their provider has said so. Written with the event
// of the request that was told (RequestPaused), so that a restart holds the next request as well. Together with each
// comes a wake (WakeTarget::pause_end), so that it is removed when its time is over. On the user's shard.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"
#include "storage/tables/wake_table.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace millrace::storage {

struct PauseRow {
  ProjectId project;
  UserId user;
  std::string account;  // the credential's id; of an integration without any: its type
  Instant until{};
  std::uint32_t status = 0;  // of the answer
};

class PauseTable {
 public:
  explicit PauseTable(const OrderedStore& store) : store_(store) {}

  /// In place of an earlier one, whose wake finds that it has nothing to do. Returns its own wake.
  static WakeRow put(WriteBatch& batch, const PauseRow& row);

  /// A wake came: the row that it belongs to, if there still is one.
  Result<std::optional<PauseRow>> find(const WakeRow& wake) const;
  /// Removes the wake, and the row if its time is over.
  static void end(WriteBatch& batch, const WakeRow& wake, const std::optional<PauseRow>& row,
                  Instant now);

  Outcome visit(const ShardSet& shards, const std::function<Outcome(PauseRow)>& each) const;
  Outcome remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
