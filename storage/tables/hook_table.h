#pragma once
// The URLs of webhooks: an id that nobody guesses, and the place that it stands for. Two rows each, one
// found by the id and one by the place, written together. An integration's own lie on the project's shard,
// those of an account on its user's. An id begins with its shard, so that whoever is called with it knows
// where to look.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/random.h"
#include "storage/ordered_store.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

struct HookPlace {
  ProjectId project;
  UserId user;  // empty: the URL is the integration's own
  std::string integration;
  std::string credential;  // empty if `user` is
  std::string webhook;

  ShardId shard() const { return user.empty() ? shard_of(project) : shard_of(project, user); }
  bool operator==(const HookPlace&) const = default;
};

struct HookRow {
  std::string id;
  HookPlace place;
  Instant created{};
};

/// 34 hex digits: the shard, then 128 random bits.
std::string make_hook_id(ShardId shard, Random& random);
/// Nothing: it is no such id.
std::optional<ShardId> shard_of_hook(std::string_view id);

class HookTable {
 public:
  explicit HookTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const HookRow& row);
  /// With what was kept for its id (kept_token_table.h).
  static void remove(WriteBatch& batch, const HookRow& row);
  /// The id alone, of a place that has another one by now.
  static void remove_id(WriteBatch& batch, std::string_view id);

  Result<std::optional<HookRow>> find(std::string_view id) const;
  Result<std::optional<HookRow>> find(const HookPlace& place) const;
  /// Of all accounts of the user.
  Result<std::vector<HookRow>> of_user(const ProjectId& project, const UserId& user) const;
  /// Adds the removal of those of one account, or with an empty `credential` of all.
  Outcome remove_of_user(WriteBatch& batch, const ProjectId& project, const UserId& user,
                         std::string_view credential) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
