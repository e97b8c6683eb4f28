#include "actors/subscriptions/subscription_changes.h"

#include "runtime/integrations/credential_id.h"
#include "runtime/text/hex_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t secret_bytes = 32;

std::string random_text(Random& random) {
  std::array<std::uint8_t, secret_bytes> bytes{};
  random.fill(bytes);
  return to_hex(std::span<const std::uint8_t>(bytes));
}

}  // namespace

storage::HookPlace place_of(const storage::SubscriptionRow& row, Webhook::Scope scope) {
  if (scope == Webhook::Scope::app) return {row.project, {}, row.integration, {}, row.webhook};
  return {row.project, row.user, row.integration, row.credential, row.webhook};
}

Outcome SubscriptionChanges::add(const UserKey& owner, const SubscriptionWish& wish,
                                 const std::vector<storage::SubscriptionRow>& others,
                                 const storage::SubscriptionRow* instead_of) {
  storage::SubscriptionRow row;
  row.project = owner.project;
  row.user = owner.user;
  row.integration = wish.integration;
  row.credential = wish.credential;
  row.webhook = wish.webhook;
  row.intent = make_credential_id(shard_of(owner), random_);
  row.definition = wish.definition;
  row.created = now_;
  row.next = now_;
  if (instead_of != nullptr) {
    row.attempts = instead_of->attempts;
    row.error = instead_of->error;
    row.why = instead_of->why;
  }
  const auto place = place_of(row, wish.scope);
  if (wish.scope == Webhook::Scope::app) {
    auto id = hooks_.id_of(place);
    if (!id) return id.error();
    row.hook = std::move(*id);
  } else {
    const auto before = hooks_.find(place);
    if (!before) return before.error();
    row.hook = hooks_.put_another(place, batch_);
    // One that a subscription has goes with it; any other has had its time.
    const bool is_used =
        *before && std::any_of(others.begin(), others.end(),
                               [&](const auto& other) { return other.hook == (*before)->id; });
    if (*before && !is_used) storage::HookTable::remove_id(batch_, (*before)->id);
  }
  asking_.seal(row, JsonObject{{"secret", random_text(random_)}});
  put(row);
  return Done{};
}

void SubscriptionChanges::put(const storage::SubscriptionRow& row) {
  storage::SubscriptionTable::put(batch_, row);
  if (row.next == Instant()) return;
  wakes_.push_back(storage::SubscriptionTable::wake_of(row));
  storage::WakeTable::put(batch_, wakes_.back());
}

void SubscriptionChanges::change(const storage::SubscriptionRow& before,
                                 const storage::SubscriptionRow& next) {
  if (before.next != Instant() && before.next != next.next) {
    storage::WakeTable::remove(batch_, storage::SubscriptionTable::wake_of(before));
  }
  put(next);
}

Outcome SubscriptionChanges::remove(const storage::SubscriptionRow& row, Webhook::Scope scope) {
  storage::SubscriptionTable::remove(batch_, row);
  if (row.next != Instant()) {
    storage::WakeTable::remove(batch_, storage::SubscriptionTable::wake_of(row));
  }
  if (scope == Webhook::Scope::app) return Done{};
  const auto hook = hooks_.find(place_of(row, scope));
  if (!hook) return hook.error();
  if (*hook && (*hook)->id == row.hook) {
    storage::HookTable::remove(batch_, **hook);
  } else {
    storage::HookTable::remove_id(batch_, row.hook);
  }
  return Done{};
}

Outcome SubscriptionChanges::leave(const storage::SubscriptionRow& row, Webhook::Scope scope) {
  using State = storage::SubscriptionState;
  if (row.state == State::leaving || row.is_unwanted) return Done{};
  if (row.state == State::subscribing && !row.is_asked) return remove(row, scope);
  storage::SubscriptionRow next = row;
  if (row.state == State::subscribing) {
    // The answer may be on its way; without one, its wake looks after it.
    next.is_unwanted = true;
  } else {
    next.state = State::leaving;
    next.attempts = 0;
    next.next = now_;
  }
  change(row, next);
  return Done{};
}

}  // namespace millrace
