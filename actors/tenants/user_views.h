#pragma once
// The users of all projects with their accounts, as views (views.h): read when they are first asked for,
// in one round trip to the user's shard, and changed one change of a user at a time. What is in memory is
// bounded; how many users there are does not matter.

#include "actors/tenants/user_view.h"
#include "actors/tenants/views.h"
#include "runtime/base/log.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/user_rows.h"
#include "storage/tables/wake_table.h"

#include <atomic>
#include <optional>

namespace millrace {

/// Error: corrupt_data.
Result<SharedUser> user_of(const storage::UserRow& row);

class UserViews {
 public:
  using Place = Latest<UserView>;
  using Decide = Views<UserKey, UserView>::Decide;
  /// About 1 KB a user with a small meta, as much again for each account.
  static constexpr ViewCacheLimits standard_limits{100'000, 128u << 20};

  UserViews(const storage::OrderedStore& store, FencedCommits commits,
            const storage::Sealer& sealer, LogSink log, ViewCacheLimits limits = standard_limits);

  Result<SharedUserView> now(const UserKey& key) { return views_.now(key); }
  Result<std::shared_ptr<const Place>> open(const UserKey& key) { return views_.open(key); }
  Outcome change(const UserKey& key, const Decide& decide);
  /// Whoever has to do something about changes adds it to their commits. `stored` is called behind the commit.
  struct Follower {
    virtual ~Follower() = default;
    /// Errors: those of the store; then nothing is changed.
    virtual Result<std::optional<storage::WakeRow>> follow(const UserKey& key, const UserView& now,
                                                           const UserView& next,
                                                           storage::WriteBatch& batch) = 0;
    virtual void stored(const storage::WakeRow& wake) = 0;
  };
  /// Before the first change; null: nobody follows.
  void follow_by(Follower* follower) { follower_ = follower; }
  /// See Views.
  void settle(const UserKey& key) { views_.settle(key); }
  Outcome change_soon(const UserKey& key, const Decide& decide) {
    return views_.change_soon(key, decide);
  }

  /// The row's account with its secret fields opened; one that does not open (the server has another
  /// key) is there without them. Error: corrupt_data.
  Result<HeldCredential> open_credential(const storage::CredentialRow& row) const;

  /// See FencedCommits.
  FencedCommits& commits() { return views_.commits(); }
  std::size_t size() const { return views_.size(); }

 private:
  Result<SharedUserView> read(const UserKey& key) const;
  void log_locked(const HeldCredential& held) const;

  const storage::OrderedStore& store_;
  const storage::Sealer& sealer_;
  const LogSink log_;
  mutable std::atomic_flag has_logged_locked_;
  Views<UserKey, UserView> views_;
  Follower* follower_ = nullptr;
};

}  // namespace millrace
