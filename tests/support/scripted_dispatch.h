#pragma once
// The secrets and credentials of a test's tenant.

#include "runtime/execution/dispatch_values.h"
#include "runtime/integrations/authorize_request.h"

#include <map>
#include <string>
#include <vector>

namespace millrace {

class ScriptedDispatch final : public DispatchValues {
 public:
  std::map<std::string, std::string> secrets;
  std::map<std::string, std::vector<std::string>> formers;  // values that secrets had before
  std::map<std::string, SharedCredential, std::less<>> credentials;  // by integration

  /// Connects the account with these secret parts, which take the place of what it had.
  void connect(const std::string& integration, JsonObject fields) {
    Credential credential;
    credential.id = "account-of-" + integration;
    credential.integration = integration;
    credential.fields = std::move(fields);
    const auto before = credentials.find(integration);
    credential.revision = before == credentials.end() ? 1 : before->second->revision + 1;
    credentials[integration] = std::make_shared<const Credential>(std::move(credential));
  }

  Result<std::string> secret(const std::string& name) const override {
    const auto found = secrets.find(name);
    if (found == secrets.end()) return no_dispatch_values().secret(name);
    return found->second;
  }
  std::vector<std::string> former_secrets(const std::string& name) const override {
    const auto found = formers.find(name);
    return found == formers.end() ? std::vector<std::string>() : found->second;
  }
  Result<CredentialName> account(std::string_view integration) const override {
    const auto found = credential(integration);
    if (!found) return found.error();
    return CredentialName{std::string(integration), (*found)->id};
  }
  Result<SharedCredential> credential(std::string_view integration) const {
    const auto found = credentials.find(integration);
    if (found == credentials.end()) return no_dispatch_values().account(integration).error();
    return found->second;
  }
  /// Adds what is secret in these accounts.
  void redact(const std::vector<CredentialName>& accounts, Redaction& redaction) const {
    for (const auto& account : accounts) {
      if (const auto found = credential(account.integration)) {
        millrace::redact(**found, redaction);
      }
    }
  }
};

}  // namespace millrace
