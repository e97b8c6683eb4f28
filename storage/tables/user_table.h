#pragma once
// Rows of connected users, on the users' own shards.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  static void remove(WriteBatch& batch, const ProjectId& project, const UserId& user);

  Result<std::optional<UserRow>> find(const ProjectId& project, const UserId& user) const;

  struct ListQuery {
    ProjectId project;
    UserId after{};          // empty: from the beginning
    std::size_t offset = 0;  // users to pass over behind `after`
    std::size_t limit = 0;
    std::size_t count_max = 0;
  };
  struct Page {
    std::vector<UserRow> users;
    bool has_more = false;
    std::size_t total = 0;  // of the project; `count_max` means: at least as many
  };
  /// A part of a project's users in the order of their ids, read by cursors over all shards: takes as
  /// long as `offset + limit` rows, and as counting `count_max` keys.
  Result<Page> list(const ListQuery& query) const;

  /// The users of all projects on these shards.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(UserRow)>& each) const;

  static Result<UserRow> decode(std::string_view bytes);

 private:
  Result<std::size_t> count(const ProjectId& project, std::size_t count_max) const;

  const OrderedStore& store_;
};

}  // namespace millrace::storage
