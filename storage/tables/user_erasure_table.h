#pragma once
// Rows of wishes to erase a user. Such a row is written before anything is erased and removed in the
// commit that removes the last of the user, so that a crash in between leaves it, and the rest is erased
// after the start.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <functional>

namespace millrace::storage {

struct UserErasureRow {
  ProjectId project;
  UserId user;
  Instant requested{};
};

class UserErasureTable {
 public:
  explicit UserErasureTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const UserErasureRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const UserId& user);

  /// What is to be erased on these shards.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(UserErasureRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
