#pragma once
// What an erased user's accounts have subscribed to. A provider that is not told goes on calling a URL that is
// gone, for ever; but it must not hold up the erasure, and nothing of the user may stay because of it.
//
// From the wish on, the user is disabled, so its subscriptions are ended as any that nobody wants, with its
// accounts still whole: whoever erases waits a moment for that (`are_about_to_end`). What has not ended by then
// is reduced, in the commit that erases the user, to what its request needs (`leave`): the subscription, and of
// the account its tokens, what its provider says of it, and its shared settings. That goes when the provider has
// ended it, or has been asked Subscriptions::leave_attempts_max times: within `kept_at_most`, while the server
// runs. Nothing that is said of it meanwhile names the user.
//
// Thread-safe. Blocks on the disk.

#include "actors/tenants/hook_registry.h"
#include "actors/tenants/user_view.h"
#include "storage/tables/subscription_table.h"

#include <chrono>
#include <functional>
#include <string>

namespace millrace {

class ErasedSubscriptions {
 public:
  /// Ten attempts an hour apart at most, and what each of them waits for.
  static constexpr std::chrono::hours kept_at_most{10};

  /// `schedule` is told of wakes that are stored, so that they come in time.
  ErasedSubscriptions(const storage::OrderedStore& store, HookRegistry& hooks, const Clock& clock,
                      std::function<void(const storage::WakeRow&)> schedule)
      : store_(store), hooks_(hooks), clock_(clock), schedule_(std::move(schedule)) {}

  /// As long as it lives, nobody else changes the user's subscriptions, nor writes of them to the event log.
  KeyedLocks::Hold hold(const UserKey& owner) { return hooks_.hold(owner.project, owner.user); }
  /// Whether one is there that no provider has been asked about in vain.
  Result<bool> are_about_to_end(const UserKey& owner) const;
  /// Adds the removal of all of them to the batch, except what is needed to end those that have to be. While they
  /// are held. The wakes of these: to be told (`tell`) once the batch is durable.
  Result<std::vector<storage::WakeRow>> leave(const UserKey& owner,
                                              storage::WriteBatch& batch) const;
  void tell(const std::vector<storage::WakeRow>& wakes) const;

 private:
  /// The account as it is kept. Nothing: it is not there.
  Result<std::optional<storage::LeftAccountRow>> account_of(
      const storage::SubscriptionRow& row) const;

  const storage::OrderedStore& store_;
  HookRegistry& hooks_;
  const Clock& clock_;
  const std::function<void(const storage::WakeRow&)> schedule_;
};

}  // namespace millrace
