#pragma once
// The secrets and credentials of a test's tenant.

#include "runtime/execution/dispatch_values.h"

#include <map>
#include <string>
#include <vector>

namespace millrace {

class ScriptedDispatch final : public DispatchValues {
 public:
  std::map<std::string, std::string> secrets;
  std::map<std::string, std::vector<std::string>> formers;  // values that secrets had before
  std::map<std::string, SharedCredential, std::less<>> credentials;  // by integration

  /// Connects the account with these secret parts.
  void connect(const std::string& integration, JsonObject fields) {
    Credential credential;
    credential.id = "account-of-" + integration;
    credential.integration = integration;
    credential.fields = std::move(fields);
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
  Result<SharedCredential> credential(std::string_view integration) const override {
    const auto found = credentials.find(integration);
    if (found == credentials.end()) return no_dispatch_values().credential(integration);
    return found->second;
  }
};

}  // namespace millrace
