#pragma once
// The URLs by which providers call a project's webhooks. An id is made when somebody first asks for the
// URL, and stored before it is shown: nobody can call what nobody was told. It stays until it is rotated,
// its account is disconnected, or its user erased; what is deployed or put meanwhile plays no part. Stored
// and not derived from a key of the instance: so it is short, a URL that leaked can be replaced alone, and
// a restored server needs nothing but its data. Thread-safe. Blocks on the disk: for request threads only.

#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/keyed_locks.h"
#include "runtime/base/clock.h"
#include "storage/tables/hook_table.h"

#include <optional>
#include <string>

namespace millrace {

class HookRegistry {
 public:
  HookRegistry(const storage::OrderedStore& store, FencedCommits commits, const Clock& clock,
               Random& random)
      : table_(store), commits_(std::move(commits)), clock_(clock), random_(random) {}

  /// The id of the place, made now if it has none. Durable when it returns.
  Result<std::string> id_of(const storage::HookPlace& place);
  /// Another id for the place; the one before is worth nothing from then on.
  Result<std::string> rotate(const storage::HookPlace& place);
  /// As long as it lives, nobody else makes ids for places of this user; `user` empty: of the project.
  KeyedLocks::Hold hold(const ProjectId& project, const UserId& user);
  /// A new id for the place, added to the batch of its shard; the one before leads there as well until it is
  /// removed (`HookTable::remove_id`). While it is held.
  std::string put_another(const storage::HookPlace& place, storage::WriteBatch& batch);
  /// Nothing: there is no such id.
  Result<std::optional<storage::HookRow>> find(std::string_view id) const {
    return table_.find(id);
  }
  Result<std::optional<storage::HookRow>> find(const storage::HookPlace& place) const {
    return table_.find(place);
  }

 private:
  /// In the place of `before`, if there is one.
  Result<std::string> make(const storage::HookPlace& place,
                           const std::optional<storage::HookRow>& before,
                           storage::WriteBatch batch);

  const storage::HookTable table_;
  FencedCommits commits_;
  const Clock& clock_;
  Random& random_;
  KeyedLocks making_;  // one of a project and user at a time
};

}  // namespace millrace
