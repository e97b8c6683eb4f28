#pragma once
// The dispatch values of one run: the tenant's port with the run's own identity filled in.

#include "actors/tenants/tenant_values.h"
#include "runtime/execution/dispatch_values.h"

namespace millrace {

class RunDispatch final : public DispatchValues {
 public:
  /// Refers to all of them: use it locally.
  RunDispatch(const TenantValues& tenants, const ExecutionStarted& started,
              const Workflow& workflow)
      : tenants_(tenants), started_(started), workflow_(workflow) {}

  Result<std::string> secret(const std::string& name) const override {
    return tenants_.secret(started_.project, name);
  }
  std::vector<std::string> former_secrets(const std::string& name) const override {
    return tenants_.former_secrets(started_.project, name);
  }
  Result<SharedCredential> credential(std::string_view integration) const override {
    // The run's own account is one of the workflow's integration.
    const bool is_own = integration == workflow_.integration;
    return tenants_.credential(started_.project, started_.user, integration,
                               is_own ? started_.credential : "");
  }

 private:
  const TenantValues& tenants_;
  const ExecutionStarted& started_;
  const Workflow& workflow_;
};

}  // namespace millrace
