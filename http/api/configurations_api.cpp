#include "http/api/configurations_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/account_choice.h"
#include "http/api/configuration_check.h"
#include "http/api/credentials_api.h"

#include <utility>

namespace millrace {
namespace {

/// The original calls them `workflowSettings`.
Outcome rename_workflow_settings(JsonObject& patch) {
  Json* const config = patch.if_contains("config");
  if (config == nullptr || !config->is_object()) return Done{};
  JsonObject& members = config->get_object();
  Json* const settings = members.if_contains("workflowSettings");
  if (settings == nullptr) return Done{};
  if (members.contains("configuredWorkflows")) {
    return wrong_member("config/workflowSettings",
                        "says the same as configuredWorkflows: give one");
  }
  Json given = std::move(*settings);
  members.erase("workflowSettings");
  members.emplace("configuredWorkflows", std::move(given));
  return Done{};
}

Result<Reply> configure_account(const ApiCall& call, ApiServices& services,
                                const ConfiguredAccount& account, const JsonObject& patch) {
  if (auto checked = ConfigurationCheck(call, services, account).check(patch); !checked) {
    return checked.error();
  }
  const auto credential =
      services.credentials.configure(call.project, call.user, account.text(), patch);
  if (!credential) return credential.error();
  return credential_reply(call, services, 200, **credential);
}

JsonObject switched(const WorkflowId& workflow, bool is_on) {
  return {{"config", JsonObject{{"configuredWorkflows",
                                 JsonObject{{workflow.text, JsonObject{{"enabled", is_on}}}}}}}};
}

UserKey owner_of(const ApiCall& call) { return {call.project, call.user}; }

}  // namespace

Result<Reply> change_credential(const ApiCall& call, ApiServices& services) {
  auto patch = json_object_body(call);
  if (!patch) return patch.error();
  if (auto renamed = rename_workflow_settings(*patch); !renamed) return renamed.error();
  const auto account = account_in_path(call, services, call.path_value("credential"));
  if (!account) return account.error();
  return configure_account(call, services, *account, *patch);
}

Result<Reply> enable_workflow(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  const auto outline = outline_of(call, services, workflow);
  if (!outline) return outline.error();
  if (outline->integration.empty()) return no_content();  // it is, for every user
  const auto account = selected_account(call, services, outline->integration);
  if (!account) return account.error();
  return configure_account(call, services, *account, switched(workflow, true));
}

Result<Reply> disable_workflow(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  const auto outline = outline_of(call, services, workflow);
  if (!outline) return outline.error();
  const AccountNames names = names_in_headers(call);
  if (!names.credential.empty() || !names.configuration.empty()) {
    const auto account = selected_account(call, services, outline->integration);
    if (!account) return account.error();
    return configure_account(call, services, *account, switched(workflow, false));
  }
  const auto disabled = services.credentials.disable_workflow(call.project, call.user, workflow);
  if (!disabled) return disabled.error();
  return no_content();
}

Result<Reply> add_configuration(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"externalId"}); !known) return known.error();
  const Json* const given = body->if_contains("externalId");
  std::string external_id;
  if (given != nullptr && !given->is_null()) {
    const auto text = string_member(*body, "externalId");
    if (!text) return text.error();
    external_id = text->value_or("");
    if (external_id.empty()) return wrong_member("externalId", "must not be empty: leave it out");
  }
  const auto credential = services.credentials.add_configuration(
      owner_of(call), call.path_value("credential"), external_id);
  if (!credential) return credential.error();
  return credential_reply(call, services, 201, **credential);
}

Result<Reply> note_in_configuration(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"meta"}); !known) return known.error();
  const Json* const meta = body->if_contains("meta");
  if (meta == nullptr || !meta->is_object()) return wrong_member("meta", "must be an object");
  const auto account = account_in_path(call, services, call.path_value("credential"));
  if (!account) return account.error();
  const auto credential = services.credentials.note_in_configuration(
      owner_of(call), account->text(), meta->get_object());
  if (!credential) return credential.error();
  return credential_reply(call, services, 200, **credential);
}

Result<Reply> remove_configuration(const ApiCall& call, ApiServices& services) {
  const auto account = account_in_path(call, services, call.path_value("credential"));
  if (!account) return account.error();
  const auto removed = services.credentials.remove_configuration(owner_of(call), account->text());
  if (!removed) return removed.error();
  return no_content();
}

namespace {

constexpr RouteParameter credential_in_path{
    "credential", "string", "The credential's id or external id.", RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "PATCH",
     .pattern = "/projects/{project}/sdk/credentials/{credential}",
     .operation = "changeCredential",
     .summary = "Enables workflows on an account and sets their settings",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &change_credential,
     .parameters = {project_in_path, credential_in_path, selected_configuration_header},
     .body = {"{config: {configuredWorkflows?: {[workflowId]: object|null}, "
              "workflowSettings?: {[workflowId]: object|null}, sharedSettings?: object}}"},
     .answers = {{200, "The credential.", "Credential"}, {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/workflows/{workflow}",
     .operation = "enableWorkflow",
     .summary = "Enables a workflow on the selected account, else on the first valid one",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &enable_workflow,
     .parameters = {project_in_path, workflow_in_path, selected_account_header,
                    selected_configuration_header},
     .answers = {{200, "The credential.", "Credential"},
                 {204, "It needs no account and is enabled for every user."},
                 {404, "There is no such workflow, or no account.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/sdk/workflows/{workflow}",
     .operation = "disableWorkflow",
     .summary = "Disables a workflow on the selected account, else on all of the calling user",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &disable_workflow,
     .parameters = {project_in_path, workflow_in_path, selected_account_header,
                    selected_configuration_header},
     .answers = {{200, "The selected account.", "Credential"},
                 {204, "It is disabled on all."},
                 {404, "There is no such workflow.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/credentials/{credential}/configurations",
     .operation = "addConfiguration",
     .summary = "Adds a configuration to an account: other workflows, other settings",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &add_configuration,
     .stores = true,
     .parameters = {project_in_path, credential_in_path},
     .body = {"{externalId?: string}", false},
     .answers = {{201, "The credential; the new one is its last.", "Credential"},
                 {404, "There is no such account.", "Error"},
                 {409, "Another configuration of the account has the `externalId`.", "Error"}}},
    {.method = "PATCH",
     .pattern = "/projects/{project}/sdk/credentials/{credential}/configurations",
     .operation = "noteInConfiguration",
     .summary = "Puts members over the application's notes on a configuration; null removes one",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &note_in_configuration,
     .parameters = {project_in_path, credential_in_path, selected_configuration_header},
     .body = {"{meta: object}"},
     .answers = {{200, "The credential.", "Credential"}, {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/sdk/credentials/{credential}/configurations",
     .operation = "removeConfiguration",
     .summary = "Removes a configuration with what is enabled in it",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &remove_configuration,
     .parameters = {project_in_path, credential_in_path, selected_configuration_header},
     .answers = {{204, "It is gone."},
                 {404, "There is none.", "Error"},
                 {409, "It is the default one.", "Error"}}},
};

}  // namespace

constinit const RouteGroup configuration_routes{"Configurations", "How users' accounts are set up.",
                                                routes};

}  // namespace millrace
