#include "actors/tenants/stored_tenants.h"

#include "runtime/integrations/account_text.h"
#include "runtime/integrations/resource.h"
#include "runtime/integrations/run_conditions.h"
#include "runtime/oauth/oauth_client.h"

#include <utility>

namespace millrace {
namespace {

/// Holds the places of both views, so that it sees every change.
class StoredTenant final : public TenantView {
 public:
  StoredTenant(std::shared_ptr<const ProjectViews::Place> project,
               std::shared_ptr<const UserViews::Place> user, const Clock& clock)
      : project_(std::move(project)), user_(std::move(user)), clock_(clock) {}

  std::uint64_t version() const override { return project_->version() + user_->version(); }
  ProjectLimits limits() const override { return project_->get()->row.limits; }

  Result<RunGrant> grant(const Workflow& workflow, const std::string& credential) const override {
    const SharedProject project = project_->get();
    const SharedUserView user = user_->get();
    RunConditions conditions;
    conditions.workflow = workflow.id;
    conditions.integration_type = workflow.integration;
    conditions.is_user_disabled = user->is_disabled();
    conditions.own_settings = &workflow.settings;
    conditions.permissions = &workflow.permissions;
    if (user->user != nullptr) {
      conditions.user = user->user->id;
      conditions.user_meta = &user->user->meta;
    }
    std::shared_ptr<const Integration> integration;
    ConfiguredAccount account;
    if (!workflow.integration.empty()) {
      integration = project->integrations->find_integration(workflow.integration);
      account =
          credential.empty()
              ? ConfiguredAccount{choose_credential(user->list(workflow.integration), workflow.id)}
              : user->at(workflow.integration, credential);
      if (is_without_its_configuration(*user, workflow, account, credential)) {
        return Error(ErrorCode::workflow_disabled,
                     "the user's account has no such configuration any more, so the workflow \"" +
                         workflow.id.text + "\" is not enabled in it");
      }
    }
    conditions.integration = integration.get();
    conditions.credential = account.credential.get();
    conditions.configuration = account.configuration;
    auto settings = settings_for_run(conditions);
    if (!settings) return settings.error();
    RunGrant grant;
    grant.settings = std::move(*settings);
    if (user->user != nullptr) grant.user_meta = user->user->meta;
    if (account.credential != nullptr) {
      if (auto lock = user->why_locked(account.credential->id)) return std::move(*lock);
      grant.credential = account.text();
      // Whatever a user has set under that name.
      if (integration->auth.oauth != nullptr) {
        grant.settings.insert_or_assign(kept_settings_key, account.credential->provider_data);
      }
    }
    for (const std::string& type : workflow.resources_with_settings) {
      const SharedCredential connected = user->find(type);
      grant.settings.insert_or_assign(
          type, connected == nullptr ? JsonObject() : connected->shared_settings);
    }
    return grant;
  }

  std::vector<std::string> enabled_on(const Workflow& workflow) const override {
    if (workflow.integration.empty()) return {std::string()};
    std::vector<std::string> accounts;
    for (const auto& account : user_->get()->list(workflow.integration)) {
      for (auto& text : enabled_configurations(*account, workflow.id)) {
        accounts.push_back(std::move(text));
      }
    }
    return accounts;
  }

  JsonObject user_meta() const override {
    const SharedUserView user = user_->get();
    return user->user == nullptr ? JsonObject() : user->user->meta;
  }

  Result<std::string> secret(const std::string& name) const override {
    return project_->get()->secrets->value(name);
  }

  std::vector<std::string> former_secrets(const std::string& name) const override {
    return project_->get()->secrets->former_values(name, clock_.now());
  }

  Result<SharedCredential> credential(std::string_view integration,
                                      const std::string& credential) const override {
    const std::string quoted = '"' + std::string(own_name(integration)) + '"';
    const SharedProject project = project_->get();
    const auto known = project->integrations->find_integration(integration);
    if (known == nullptr || !known->is_active) {
      return Error(ErrorCode::integration_inactive,
                   "the " + described(integration) + " is switched off or removed");
    }
    if (is_of_project(*known)) {
      return credential_of_project(*known, project->revision, [&](const std::string& name) {
        return project->secrets->value(name);
      });
    }
    const SharedUserView user = user_->get();
    const SharedCredential account = user->find(integration, account_place(credential).credential);
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
    if (auto lock = user->why_locked(account->id)) return std::move(*lock);
    return account;
  }

 private:
  /// The account is there, and the configuration that is meant is not.
  static bool is_without_its_configuration(const UserView& user, const Workflow& workflow,
                                           const ConfiguredAccount& account,
                                           const std::string& credential) {
    return account.credential == nullptr && !credential.empty() &&
           user.find(workflow.integration, account_place(credential).credential) != nullptr;
  }

  const std::shared_ptr<const ProjectViews::Place> project_;
  const std::shared_ptr<const UserViews::Place> user_;
  const Clock& clock_;
};

}  // namespace

SharedTenant tenant_with(std::shared_ptr<const ProjectViews::Place> project, SharedUserView user,
                         const Clock& clock) {
  return std::make_shared<const StoredTenant>(
      std::move(project), std::make_shared<const UserViews::Place>(std::move(user)), clock);
}

Result<SharedTenant> StoredTenants::view(const ProjectId& project, const UserId& user) const {
  auto of_project = projects_.open(project);
  if (!of_project) return of_project.error();
  auto of_user = users_.open({project, user});
  if (!of_user) return of_user.error();
  return SharedTenant(
      std::make_shared<const StoredTenant>(std::move(*of_project), std::move(*of_user), clock_));
}

}  // namespace millrace
