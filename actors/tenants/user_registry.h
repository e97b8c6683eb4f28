#pragma once
// How users appear, change and are listed; runs read them as views. Thread-safe. Blocks on the disk: for
// request threads only.

#include "actors/tenants/user_views.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace millrace {

class UserRegistry {
 public:
  UserRegistry(const storage::OrderedStore& store, UserViews& users, const Clock& clock)
      : table_(store), users_(users), clock_(clock) {}

  /// Called for every request of a user. A new one is there at once, and durable soon: it does not wait
  /// for a commit, and reads the disk when the user is not in memory. While the disk takes nothing a
  /// new user stays unseen; so does one who cannot be read, which the request itself will meet.
  void see(const ProjectId& project, const UserId& user);

  struct Change {
    std::optional<JsonObject> meta;  // members replace those of the same name; null removes
    std::optional<bool> is_disabled;
  };
  /// Durable when it returns. A user who was never seen appears. Errors: invalid_request (the id
  /// is empty or longer than limits::id_bytes_max), limit_exceeded.
  Result<SharedUser> change(const ProjectId& project, const UserId& user, const Change& change);

  /// Null if never seen.
  Result<SharedUser> find(const ProjectId& project, const UserId& user) const;

  struct PageQuery {
    UserId after{};  // the last one of the page before
    std::size_t offset = 0;
    std::size_t limit = 0;
  };
  struct Page {
    std::vector<SharedUser> users;  // in the order of their ids
    bool has_more = false;
    std::size_t total = 0;  // counted up to `total_max`
  };
  static constexpr std::size_t total_max = 100'000;
  /// What was seen before is in it. Reads from the disk, in one pass over the page and a count.
  Result<Page> list(const ProjectId& project, const PageQuery& query) const;

 private:
  const storage::UserTable table_;
  UserViews& users_;
  const Clock& clock_;
};

}  // namespace millrace
