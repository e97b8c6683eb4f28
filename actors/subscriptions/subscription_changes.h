#pragma once
// The rows of subscriptions that one commit changes, each together with its wake and its URL. Made while the
// user's hooks are held (HookRegistry::hold), which is what keeps two threads from the same rows.

#include "actors/subscriptions/subscription_asking.h"
#include "actors/subscriptions/subscription_wishes.h"
#include "actors/tenants/hook_registry.h"
#include "runtime/base/random.h"

#include <vector>

namespace millrace {

class SubscriptionChanges {
 public:
  SubscriptionChanges(HookRegistry& hooks, const SubscriptionAsking& asking, Random& random,
                      Instant now, storage::WriteBatch batch)
      : hooks_(hooks), asking_(asking), random_(random), now_(now), batch_(std::move(batch)) {}

  /// A new one, to be asked for at once. `instead_of`: one whose attempts in vain count on; null: none. Errors: those
  /// of the store.
  Outcome add(const UserKey& owner, const SubscriptionWish& wish,
              const std::vector<storage::SubscriptionRow>& others,
              const storage::SubscriptionRow* instead_of = nullptr);
  /// What a row becomes; its wake with it.
  void change(const storage::SubscriptionRow& before, const storage::SubscriptionRow& next);
  /// The row, its wake, and its URL unless all accounts share that.
  Outcome remove(const storage::SubscriptionRow& row, Webhook::Scope scope);
  /// Nobody wants it any more: it is ended as soon as that is possible.
  Outcome leave(const storage::SubscriptionRow& row, Webhook::Scope scope);

  storage::WriteBatch& batch() { return batch_; }
  storage::WriteBatch take() { return std::move(batch_); }
  /// Of what was changed: to be told once it is durable.
  const std::vector<storage::WakeRow>& wakes() const { return wakes_; }

 private:
  void put(const storage::SubscriptionRow& row);

  HookRegistry& hooks_;
  const SubscriptionAsking& asking_;
  Random& random_;
  const Instant now_;
  storage::WriteBatch batch_;
  std::vector<storage::WakeRow> wakes_;
};

/// Where the URL of the row's webhook is kept.
storage::HookPlace place_of(const storage::SubscriptionRow& row, Webhook::Scope scope);

}  // namespace millrace
