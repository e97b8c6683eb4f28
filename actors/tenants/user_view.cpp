#include "actors/tenants/user_view.h"

#include "runtime/integrations/account_text.h"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

bool is_named(const Credential& credential, std::string_view name) {
  return credential.id == name || (!name.empty() && credential.external_id == name);
}

}  // namespace

std::string ConfiguredAccount::text() const {
  if (credential == nullptr) return {};
  return configuration == nullptr ? credential->id
                                  : account_text(credential->id, configuration->id);
}

SharedCredential UserView::find(std::string_view integration, std::string_view id) const {
  SharedCredential first;  // valid or not; of that external id
  for (auto& credential : list(integration)) {
    if (id.empty() ? credential->is_valid : credential->id == id) return credential;
    const bool is_second_choice = id.empty() || is_named(*credential, id);
    if (first == nullptr && is_second_choice) first = std::move(credential);
  }
  return first;
}

std::vector<ConfiguredAccount> UserView::named(std::string_view integration,
                                               const AccountNames& names) const {
  std::vector<ConfiguredAccount> meant;
  for (auto& credential : list(integration)) {
    if (!names.credential.empty() && !is_named(*credential, names.credential)) continue;
    const Configuration* configuration = nullptr;
    if (!names.configuration.empty() &&
        !is_default_configuration(*credential, names.configuration)) {
      configuration = find_configuration(*credential, names.configuration);
      if (configuration == nullptr) continue;
    }
    meant.push_back({std::move(credential), configuration});
  }
  std::stable_partition(meant.begin(), meant.end(),
                        [](const auto& each) { return each.credential->is_valid; });
  return meant;
}

ConfiguredAccount UserView::at(std::string_view integration, std::string_view text) const {
  const AccountPlace place = account_place(text);
  ConfiguredAccount account{find(integration, place.credential)};
  if (account.credential == nullptr || place.configuration.empty()) return account;
  account.configuration = find_configuration(*account.credential, place.configuration);
  if (account.configuration == nullptr) account.credential.reset();
  return account;
}

std::vector<SharedCredential> UserView::list(std::string_view integration) const {
  std::vector<SharedCredential> list;
  for (const auto& held : credentials) {
    const bool is_wanted = integration.empty() || held.credential->integration == integration;
    if (is_wanted) list.push_back(held.credential);
  }
  return list;
}

std::optional<Error> UserView::why_locked(std::string_view id) const {
  for (const auto& held : credentials) {
    if (held.credential->id == id) return held.lock;
  }
  return std::nullopt;
}

std::size_t UserView::bytes() const {
  // A JSON value takes about three times its text.
  constexpr std::size_t of_each = 800;
  std::size_t bytes = of_each + (user == nullptr ? 0 : 3 * user->meta_bytes);
  for (const auto& held : credentials) bytes += of_each + 3 * held.bytes;
  return bytes;
}

}  // namespace millrace
