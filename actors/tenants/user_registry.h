#pragma once
// The connected users of all projects, in memory: about 500 bytes each with a small
// meta. Users appear when they are first seen. Reads are answered by any thread, actors included.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "storage/group_commit.h"
#include "storage/tables/user_table.h"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

namespace millrace {

class ShardOwnership;

struct ConnectedUser {
  UserId id;
  JsonObject meta;
  bool is_disabled = false;
  Instant first_seen{};
};
using SharedUser = std::shared_ptr<const ConnectedUser>;

class UserRegistry {
 public:
  UserRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
               const ShardOwnership& ownership, const Clock& clock);

  /// Reads all users. Call once before serving.
  Outcome load();

  /// Called for every request of a user. A new one is kept at once, and durable soon; never blocks
  /// on the disk.
  void see(const ProjectId& project, const UserId& user);

  struct Change {
    std::optional<JsonObject> meta;  // members replace those of the same name; null removes
    std::optional<bool> is_disabled;
  };
  /// Durable when it returns. A user who was never seen appears. Errors: invalid_request (the id
  /// is empty or longer than limits::id_bytes_max), limit_exceeded.
  Result<SharedUser> change(const ProjectId& project, const UserId& user, const Change& change);

  /// Null if never seen.
  SharedUser find(const ProjectId& project, const UserId& user) const;

  struct Page {
    std::vector<SharedUser> users;  // in the order of their ids
    std::size_t total = 0;
  };
  Page list(const ProjectId& project, std::size_t offset, std::size_t limit) const;

 private:
  using Users = std::map<UserId, SharedUser>;

  storage::WriteBatch batch_for(const ProjectId& project, const ConnectedUser& user) const;

  storage::UserTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  std::mutex writing_;  // one change at a time: read, decide, commit, publish
  mutable std::shared_mutex mutex_;
  std::map<ProjectId, Users> projects_;
};

}  // namespace millrace
