#include "http/api/account_choice.h"

#include "actors/tenants/credential_registry.h"
#include "runtime/integrations/account_text.h"

#include <utility>

namespace millrace {
namespace {

Result<ConfiguredAccount> first_named(const ApiCall& call, ApiServices& services,
                                      std::string_view integration, const AccountNames& names) {
  auto meant = services.credentials.named(call.project, call.user, integration, names);
  if (!meant) return meant.error();
  if (!meant->empty()) return std::move(meant->front());
  const std::string of = integration.empty() ? "" : " for \"" + std::string(integration) + '"';
  if (!names.configuration.empty()) {
    const auto without =
        services.credentials.named(call.project, call.user, integration, {names.credential, {}});
    if (!without) return without.error();
    if (!without->empty()) {
      return Error(ErrorCode::not_found,
                   "the account has no configuration \"" + names.configuration + '"');
    }
  }
  return Error(ErrorCode::not_found,
               names.credential.empty()
                   ? "the user has no account connected" + of
                   : "the user has no account \"" + names.credential + '"' + of);
}

}  // namespace

AccountNames names_in_headers(const ApiCall& call) {
  return {call.http.get_header_value(selected_account_header.name.data()),
          call.http.get_header_value(selected_configuration_header.name.data())};
}

Result<ConfiguredAccount> selected_account(const ApiCall& call, ApiServices& services,
                                           std::string_view integration) {
  return first_named(call, services, integration, names_in_headers(call));
}

Result<ConfiguredAccount> account_in_path(const ApiCall& call, ApiServices& services,
                                          const std::string& credential) {
  return first_named(call, services, {}, {credential, names_in_headers(call).configuration});
}

Result<std::vector<std::string>> accounts_for_run(const ApiCall& call, ApiServices& services,
                                                  std::string_view integration) {
  std::vector<std::string> accounts;
  const AccountNames names = names_in_headers(call);
  if (names.credential.empty() && names.configuration.empty()) return accounts;
  const auto meant = services.credentials.named(call.project, call.user, integration, names);
  if (!meant) return meant.error();
  for (const auto& account : *meant) accounts.push_back(account.text());
  if (accounts.empty()) accounts.push_back(account_text(names.credential, names.configuration));
  return accounts;
}

}  // namespace millrace
