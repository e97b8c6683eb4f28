#include "http/api/install_options.h"

#include "actors/tenants/credential_registry.h"

namespace millrace {
namespace {

/// Null is as good as nothing.
Result<std::string> text_in(const JsonObject& options, const char* key) {
  const Json* const value = options.if_contains(key);
  if (value == nullptr || value->is_null()) return std::string();
  if (value->is_string()) return std::string(value->get_string());
  return wrong_member(std::string("installOptions/") + key, "must be a string");
}

}  // namespace

Result<InstallOptions> read_install_options(const JsonObject& options) {
  InstallOptions read;
  if (const Json* const may_add = options.if_contains("allowMultipleCredentials")) {
    if (!may_add->is_bool()) {
      return wrong_member("installOptions/allowMultipleCredentials", "must be true or false");
    }
    read.may_add = may_add->get_bool();
  }
  auto again = text_in(options, "selectedCredentialId");
  if (!again) return again.error();
  read.again = std::move(*again);
  auto external = text_in(options, "externalId");
  if (!external) return external.error();
  read.external_id = std::move(*external);
  return read;
}

Result<std::string> account_to_install(const ApiCall& call, ApiServices& services,
                                       const std::string& integration,
                                       const InstallOptions& options) {
  if (!options.again.empty() || options.may_add || !options.external_id.empty()) {
    return options.again;
  }
  const auto account = services.credentials.find(call.project, call.user, integration);
  if (!account) return account.error();
  return *account == nullptr ? std::string() : (*account)->id;
}

}  // namespace millrace
