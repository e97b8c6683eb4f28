#include "actors/subscriptions/erased_subscriptions.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

using State = storage::SubscriptionState;

/// How it is ended. Nothing: the provider has never heard of it.
std::optional<storage::SubscriptionRow> left_behind(storage::SubscriptionRow row, Instant now) {
  if (row.state == State::subscribing && !row.is_asked) return std::nullopt;
  if (row.state == State::subscribing) row.is_unwanted = true;  // its wake looks after it
  if (row.state == State::active) {
    row.state = State::leaving;
    row.attempts = 0;
    row.next = now;
  }
  row.is_erased = true;
  row.error.reset();
  row.why.clear();  // a provider's words, which may be about the user
  return row;
}

}  // namespace

Result<bool> ErasedSubscriptions::are_about_to_end(const UserKey& owner) const {
  const auto rows = storage::SubscriptionTable(store_).of_user(owner.project, owner.user);
  if (!rows) return rows.error();
  return std::any_of(rows->begin(), rows->end(),
                     [](const auto& row) { return row.attempts == 0 && !row.is_erased; });
}

Result<std::optional<storage::LeftAccountRow>> ErasedSubscriptions::account_of(
    const storage::SubscriptionRow& row) const {
  auto found = storage::CredentialTable(store_).find(row.project, row.user, row.credential);
  if (!found) return found.error();
  if (!*found) {  // it was disconnected a while ago
    auto left = storage::LeftAccountTable(store_).find(row.project, row.user, row.credential);
    if (!left) return left.error();
    if (!*left) return std::optional<storage::LeftAccountRow>();
    *found = std::move(**left);
  }
  storage::LeftAccountRow kept;
  kept.project = row.project;
  kept.user = row.user;
  kept.id = (*found)->id;
  kept.integration = std::move((*found)->integration);
  kept.is_valid = (*found)->is_valid;
  kept.provider_id = std::move((*found)->provider_id);
  kept.provider_data = std::move((*found)->provider_data);
  kept.shared_settings = std::move((*found)->shared_settings);
  kept.sealed = std::move((*found)->sealed);
  kept.revision = (*found)->revision;
  return std::optional(std::move(kept));
}

Result<std::vector<storage::WakeRow>> ErasedSubscriptions::leave(const UserKey& owner,
                                                                 storage::WriteBatch& batch) const {
  const storage::SubscriptionTable table(store_);
  auto rows = table.of_user(owner.project, owner.user);
  if (!rows) return rows.error();
  // Everything is removed first; what a later operation of the batch puts is there again.
  if (auto gone = table.remove_user(batch, owner.project, owner.user); !gone) return gone.error();
  std::vector<storage::WakeRow> wakes;
  for (storage::SubscriptionRow& row : *rows) {
    const auto kept = left_behind(std::move(row), clock_.now());
    if (!kept || kept->next == Instant()) continue;
    const auto account = account_of(*kept);
    if (!account) return account.error();
    if (!*account) continue;  // nobody could ask
    storage::LeftAccountTable::put(batch, **account);
    storage::SubscriptionTable::put(batch, *kept);
    wakes.push_back(storage::SubscriptionTable::wake_of(*kept));
    storage::WakeTable::put(batch, wakes.back());
  }
  return wakes;
}

void ErasedSubscriptions::tell(const std::vector<storage::WakeRow>& wakes) const {
  if (!schedule_) return;
  for (const storage::WakeRow& wake : wakes) schedule_(wake);
}

}  // namespace millrace
