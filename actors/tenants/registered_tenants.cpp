#include "actors/tenants/registered_tenants.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/secret_registry.h"
#include "actors/tenants/user_registry.h"
#include "runtime/integrations/run_conditions.h"

#include <utility>

namespace millrace {

Result<RunGrant> RegisteredTenants::grant(const ProjectId& project, const UserId& user,
                                          const Workflow& workflow,
                                          const std::string& credential) const {
  const SharedUser known = users_.find(project, user);
  RunConditions conditions;
  conditions.workflow = workflow.id;
  conditions.integration_type = workflow.integration;
  conditions.is_user_disabled = known != nullptr && known->is_disabled;
  std::shared_ptr<const Integration> integration;
  SharedCredential account;
  if (!workflow.integration.empty()) {
    integration = integrations_.find(project, workflow.integration);
    account =
        credential.empty()
            ? choose_credential(credentials_.list(project, user, workflow.integration), workflow.id)
            : credentials_.find(project, user, workflow.integration, credential);
  }
  conditions.integration = integration.get();
  conditions.credential = account.get();
  auto settings = settings_for_run(conditions);
  if (!settings) return settings.error();
  RunGrant grant;
  grant.settings = std::move(*settings);
  if (known != nullptr) grant.user_meta = known->meta;
  if (account != nullptr) {
    if (auto lock = credentials_.why_locked(project, user, account->id)) return std::move(*lock);
    grant.credential = account->id;
  }
  return grant;
}

Result<std::string> RegisteredTenants::secret(const ProjectId& project,
                                              const std::string& name) const {
  return secrets_.value(project, name);
}

std::vector<std::string> RegisteredTenants::former_secrets(const ProjectId& project,
                                                           const std::string& name) const {
  return secrets_.former_values(project, name);
}

Result<SharedCredential> RegisteredTenants::credential(const ProjectId& project, const UserId& user,
                                                       std::string_view integration,
                                                       const std::string& credential) const {
  const std::string quoted = "\"" + std::string(integration) + "\"";
  const auto known = integrations_.find(project, integration);
  if (known == nullptr || !known->is_active) {
    return Error(ErrorCode::integration_inactive,
                 "the integration " + quoted + " is switched off or removed");
  }
  const SharedCredential account = credential.empty()
                                       ? credentials_.find(project, user, integration)
                                       : credentials_.find(project, user, integration, credential);
  if (account == nullptr) {
    return Error(ErrorCode::credential_missing,
                 credential.empty()
                     ? "the user has no account connected for " + quoted + ": connect one"
                     : "the account for " + quoted +
                           " that this run was started with is no longer connected");
  }
  if (!account->is_valid) {
    return Error(ErrorCode::credential_invalid,
                 "the user's account for " + quoted + " is not accepted: connect it again");
  }
  if (auto lock = credentials_.why_locked(project, user, account->id)) return std::move(*lock);
  return account;
}

}  // namespace millrace
