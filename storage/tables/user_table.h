#pragma once
// Rows of connected users, on the users' own shards.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <functional>
#include <string>

namespace millrace::storage {

struct UserRow {
  ProjectId project;
  UserId user;
  std::string meta = "{}";  // JSON text of an object
  bool is_disabled = false;
  Instant first_seen{};
};

class UserTable {
 public:
  explicit UserTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const UserRow& row);

  /// The users of all projects on these shards.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(UserRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
