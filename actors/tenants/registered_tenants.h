#pragma once
// TenantValues over the registries. Thread-safe; answers from memory.

#include "actors/tenants/tenant_values.h"

namespace millrace {

class CredentialRegistry;
class IntegrationRegistry;
class SecretRegistry;
class UserRegistry;

class RegisteredTenants final : public TenantValues {
 public:
  RegisteredTenants(const SecretRegistry& secrets, const IntegrationRegistry& integrations,
                    const UserRegistry& users, const CredentialRegistry& credentials)
      : secrets_(secrets), integrations_(integrations), users_(users), credentials_(credentials) {}

  Result<RunGrant> grant(const ProjectId& project, const UserId& user, const Workflow& workflow,
                         const std::string& credential) const override;
  Result<std::string> secret(const ProjectId& project, const std::string& name) const override;
  std::vector<std::string> former_secrets(const ProjectId& project,
                                          const std::string& name) const override;
  Result<SharedCredential> credential(const ProjectId& project, const UserId& user,
                                      std::string_view integration,
                                      const std::string& credential) const override;

 private:
  const SecretRegistry& secrets_;
  const IntegrationRegistry& integrations_;
  const UserRegistry& users_;
  const CredentialRegistry& credentials_;
};

}  // namespace millrace
