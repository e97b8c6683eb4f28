#pragma once
// The dispatch values of one run: those of its tenant, with the account that the run was started with.

#include "actors/tenants/tenant_view.h"
#include "runtime/execution/dispatch_values.h"

namespace millrace {

class RunDispatch final : public DispatchValues {
 public:
  /// Refers to all of them: use it locally.
  RunDispatch(const TenantView& tenant, const std::string& own_credential, const Workflow& workflow)
      : tenant_(tenant), own_credential_(own_credential), workflow_(workflow) {}

  Result<std::string> secret(const std::string& name) const override {
    return tenant_.secret(name);
  }
  std::vector<std::string> former_secrets(const std::string& name) const override {
    return tenant_.former_secrets(name);
  }
  Result<CredentialName> account(std::string_view integration) const override {
    // The run's own account is one of the workflow's integration.
    const bool is_own = integration == workflow_.integration;
    const auto found = tenant_.credential(integration, is_own ? own_credential_ : "");
    if (!found) return found.error();
    return CredentialName{std::string(integration), (*found)->id};
  }

 private:
  const TenantView& tenant_;
  const std::string& own_credential_;
  const Workflow& workflow_;
};

}  // namespace millrace
