#include "actors/tenants/subscription_follower.h"

#include "storage/tables/subscription_check.h"
#include "storage/tables/subscription_table.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// Whether anything is another that a run asks for. New tokens in the place of old ones are nothing of the kind.
bool is_as_before(const Credential& now, const Credential& next) {
  return now.is_valid == next.is_valid && now.provider_data == next.provider_data &&
         now.configured_workflows == next.configured_workflows &&
         now.shared_settings == next.shared_settings;
}

bool is_as_before(const UserView& now, const UserView& next) {
  // What it holds is shared between changes.
  if (now.user != next.user || now.credentials.size() != next.credentials.size()) return false;
  return std::equal(now.credentials.begin(), now.credentials.end(), next.credentials.begin(),
                    [](const HeldCredential& left, const HeldCredential& right) {
                      return left.credential == right.credential ||
                             (left.credential->id == right.credential->id &&
                              is_as_before(*left.credential, *right.credential));
                    });
}

}  // namespace

Result<std::optional<storage::WakeRow>> SubscriptionFollower::follow(const UserKey& key,
                                                                     const UserView& now,
                                                                     const UserView& next,
                                                                     storage::WriteBatch& batch) {
  const bool is_erased = now.user != nullptr && next.user == nullptr;
  if (is_erased || is_as_before(now, next)) return std::optional<storage::WakeRow>();
  const auto has_left = keep_what_leaves(key, now, next, batch);
  if (!has_left) return has_left.error();
  const auto may_want =
      *has_left ? Result<bool>(true) : has_webhooks_to_subscribe(key.project, next);
  if (!may_want) return may_want.error();
  if (!*may_want) return std::optional<storage::WakeRow>();
  using Check = storage::SubscriptionCheck;
  auto wake = wake_of(Check{Check::Of::user, key.project, key.user.text}, clock_.now());
  storage::WakeTable::put(batch, wake);
  return std::optional(std::move(wake));
}

Result<bool> SubscriptionFollower::has_webhooks_to_subscribe(const ProjectId& project,
                                                             const UserView& view) const {
  if (view.credentials.empty()) return false;
  const auto known = projects_.now(project);
  if (!known) return known.error();
  return std::any_of(
      view.credentials.begin(), view.credentials.end(), [&](const HeldCredential& held) {
        const auto integration =
            (*known)->integrations->find_integration(held.credential->integration);
        return integration != nullptr &&
               std::any_of(integration->webhooks.begin(), integration->webhooks.end(),
                           [](const auto& each) { return each.second.subscription != nullptr; });
      });
}

Result<bool> SubscriptionFollower::keep_what_leaves(const UserKey& key, const UserView& now,
                                                    const UserView& next,
                                                    storage::WriteBatch& batch) const {
  std::vector<std::string> gone;
  for (const auto& held : now.credentials) {
    if (next.find({}, held.credential->id) == nullptr) gone.push_back(held.credential->id);
  }
  if (gone.empty()) return false;
  const auto rows = storage::SubscriptionTable(store_).of_user(key.project, key.user);
  if (!rows) return rows.error();
  bool has_left = false;
  for (const std::string& id : gone) {
    const bool has_any = std::any_of(rows->begin(), rows->end(),
                                     [&](const auto& row) { return row.credential == id; });
    if (!has_any) continue;
    auto account = storage::CredentialTable(store_).find(key.project, key.user, id);
    if (!account) return account.error();
    if (!*account) continue;
    storage::LeftAccountTable::put(batch, {std::move(**account)});
    has_left = true;
  }
  return has_left;
}

}  // namespace millrace
