#pragma once
// The dispatch values of one run: the tenant's port with the run's own identity filled in.

#include "actors/gateway/tenant_values.h"
#include "runtime/execution/dispatch_values.h"

namespace millrace {

class RunDispatch final : public DispatchValues {
 public:
  /// Refers to all of them: use it locally.
  RunDispatch(const TenantValues& tenants, const ProjectId& project, const UserId& user,
              const std::string& credential)
      : tenants_(tenants), project_(project), user_(user), credential_(credential) {}

  Result<std::string> secret(const std::string& name) const override {
    return tenants_.secret(project_, name);
  }
  Result<SharedCredential> credential(std::string_view integration) const override {
    return tenants_.credential(project_, user_, integration, credential_);
  }

 private:
  const TenantValues& tenants_;
  const ProjectId& project_;
  const UserId& user_;
  const std::string& credential_;
};

}  // namespace millrace
