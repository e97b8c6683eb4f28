#include "actors/tenants/user_views.h"

#include "runtime/base/limits.h"
#include "runtime/integrations/configurations_text.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

Result<JsonObject> stored_object(const std::string& text, const char* what) {
  auto value = parse_json(text, limits::stored_depth_max);
  if (value && value->is_object()) return std::move(value->get_object());
  return Error(ErrorCode::corrupt_data,
               std::string(what) + " of a stored row holds what is no JSON object");
}

std::size_t size_of(const storage::CredentialRow& row) {
  return row.provider_id.size() + row.provider_data.size() + row.configured_workflows.size() +
         row.shared_settings.size() + row.configurations.size() + row.meta.size() +
         row.sealed.size();
}

}  // namespace

Result<SharedUser> user_of(const storage::UserRow& row) {
  auto meta = stored_object(row.meta, "the meta");
  if (!meta) return meta.error();
  return SharedUser(std::make_shared<const ConnectedUser>(
      ConnectedUser{row.user, std::move(*meta), row.is_disabled, row.first_seen, row.meta.size()}));
}

UserViews::UserViews(const storage::OrderedStore& store, FencedCommits commits,
                     const storage::Sealer& sealer, LogSink log, ViewCacheLimits limits)
    : store_(store),
      sealer_(sealer),
      log_(std::move(log)),
      views_(std::move(commits), limits, [this](const UserKey& key) { return read(key); }) {}

Outcome UserViews::change(const UserKey& key, const Decide& decide) {
  if (follower_ == nullptr) return views_.change(key, decide);
  std::optional<storage::WakeRow> wake;
  auto changed = views_.change(
      key, [&](const UserView& now, storage::WriteBatch& batch) -> Result<SharedUserView> {
        auto next = decide(now, batch);
        if (!next || *next == nullptr) return next;
        auto followed = follower_->follow(key, now, **next, batch);
        if (!followed) return followed.error();
        wake = std::move(*followed);
        return next;
      });
  if (changed && wake) follower_->stored(*wake);
  return changed;
}

Result<SharedUserView> UserViews::read(const UserKey& key) const {
  auto rows = storage::read_user_rows(store_, key.project, key.user);
  if (!rows) return rows.error();
  auto view = std::make_shared<UserView>();
  if (rows->user) {
    auto user = user_of(*rows->user);
    if (!user) return user.error();
    view->user = std::move(*user);
  }
  // Their rows are in the order of their ids, which says nothing.
  std::stable_sort(
      rows->credentials.begin(), rows->credentials.end(),
      [](const auto& left, const auto& right) { return left.connected < right.connected; });
  for (const auto& each : rows->credentials) {
    auto held = open_credential(each);
    if (!held) return held.error();
    if (held->lock) log_locked(*held);
    view->credentials.push_back(std::move(*held));
  }
  return SharedUserView(std::move(view));
}

Result<HeldCredential> UserViews::open_credential(const storage::CredentialRow& row) const {
  auto provider_data = stored_object(row.provider_data, "the provider data");
  if (!provider_data) return provider_data.error();
  auto workflows = stored_object(row.configured_workflows, "the configuration");
  if (!workflows) return workflows.error();
  auto settings = stored_object(row.shared_settings, "the settings");
  if (!settings) return settings.error();
  auto meta = stored_object(row.meta.empty() ? "{}" : row.meta, "the configuration's meta");
  if (!meta) return meta.error();
  auto others = read_configurations(row.configurations);
  if (!others) return others.error();
  auto credential = std::make_shared<Credential>();
  credential->id = row.id;
  credential->external_id = row.external_id;
  credential->connected = row.connected;
  credential->sign_in_key = row.sign_in_key;
  credential->meta = std::move(*meta);
  credential->others = std::move(*others);
  credential->user = row.user;
  credential->integration = row.integration;
  credential->is_valid = row.is_valid;
  credential->refusal = row.refusal;
  credential->revision = row.revision;
  credential->provider_id = row.provider_id;
  credential->provider_data = std::move(*provider_data);
  credential->configured_workflows = std::move(*workflows);
  credential->shared_settings = std::move(*settings);
  HeldCredential held{nullptr, {}, size_of(row)};
  if (auto plain = sealer_.unseal(row.sealed, row.place())) {
    auto fields = stored_object(*plain, "the secret fields");
    storage::wipe(*plain);
    if (!fields) return fields.error();
    credential->fields = std::move(*fields);
  } else {
    held.lock = plain.error();
  }
  held.credential = std::move(credential);
  return held;
}

/// Once: with another key none opens, and there may be millions.
void UserViews::log_locked(const HeldCredential& held) const {
  if (has_logged_locked_.test_and_set() || !log_) return;
  log_(LogLevel::error,
       "credentials do not open, and no more of them are logged; the first: " + held.lock->message);
}

}  // namespace millrace
