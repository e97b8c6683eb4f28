#pragma once
// Follows the changes of users: one by which an account may want a subscription, or want one no longer, has a
// wake in its commit (storage/tables/subscription_check.h), by which the subscriptions are compared with what
// is wanted. So no crash parts the two. An account that is disconnected while it has subscriptions leaves what
// is needed to end them.

#include "actors/tenants/project_views.h"
#include "actors/tenants/user_views.h"

#include <functional>
#include <mutex>

namespace millrace {

class SubscriptionFollower final : public UserViews::Follower {
 public:
  using Tell = std::function<void(const storage::WakeRow&)>;

  /// `tell` is called with each wake once it is durable, and returns at once.
  SubscriptionFollower(const storage::OrderedStore& store, ProjectViews& projects,
                       const Clock& clock, Tell tell)
      : store_(store), projects_(projects), clock_(clock), tell_(std::move(tell)) {}

  /// While the user is locked. Reads the disk when the project is not in memory, or an account leaves.
  Result<std::optional<storage::WakeRow>> follow(const UserKey& key, const UserView& now,
                                                 const UserView& next,
                                                 storage::WriteBatch& batch) override;
  void stored(const storage::WakeRow& wake) override {
    const std::lock_guard lock(telling_);
    if (tell_) tell_(wake);
  }
  /// Nobody is told any more: the wakes are found by the next start.
  void stop_telling() {
    const std::lock_guard lock(telling_);
    tell_ = nullptr;
  }

 private:
  Result<bool> has_webhooks_to_subscribe(const ProjectId& project, const UserView& view) const;
  /// True: it leaves subscriptions behind.
  Result<bool> keep_what_leaves(const UserKey& key, const UserView& now, const UserView& next,
                                storage::WriteBatch& batch) const;

  const storage::OrderedStore& store_;
  ProjectViews& projects_;
  const Clock& clock_;
  std::mutex telling_;
  Tell tell_;
};

}  // namespace millrace
