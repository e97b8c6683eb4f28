#include "http/api/credentials_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

JsonObject shown(const Credential& credential) {
  return {{"id", credential.id},
          {"integrationId", credential.integration},
          {"userId", credential.user.text},
          {"status", credential.is_valid ? "VALID" : "INVALID"},
          {"config", JsonObject{{"configuredWorkflows", credential.configured_workflows},
                                {"sharedSettings", credential.shared_settings}}},
          {"providerId", credential.provider_id},
          {"providerData", credential.provider_data}};
}

std::string text_member(const Json& object, std::string_view key) {
  const Json* const member = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

Json member_or(const Json& object, std::string_view key, Json otherwise) {
  const Json* const member = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return member != nullptr ? *member : std::move(otherwise);
}

/// What a form for connecting needs, and nothing of the definition's secrets.
JsonObject connectable(const Integration& integration,
                       const std::vector<WorkflowLibrary::Entry>& workflows) {
  const std::string auth =
      text_member(member_or(integration.definition, "auth", JsonObject()), "type");
  JsonArray fields;
  for (const auto& field : credential_fields(integration.auth)) fields.emplace_back(field);
  JsonArray uses;
  for (const auto& entry : workflows) {
    if (entry.deployed_version == 0) continue;
    if (text_member(entry.draft, "integration") != integration.type) continue;
    uses.push_back(JsonObject{{"id", entry.id.text}, {"name", text_member(entry.draft, "name")}});
  }
  return {{"type", integration.type},
          {"name", integration.name},
          {"auth", JsonObject{{"type", auth.empty() ? "none" : auth}}},
          {"credentialFields", std::move(fields)},
          {"settings", member_or(integration.definition, "settings", JsonArray())},
          {"workflows", std::move(uses)}};
}

Result<CredentialRegistry::Connection> read_connection(const JsonObject& body) {
  static const std::vector<std::string> known{"credentials", "providerId", "settings"};
  CredentialRegistry::Connection connection;
  for (const auto& member : body) {
    const std::string key(member.key());
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return wrong_member(key, "is not known here", nearest_name(key, known));
    }
    if (key != "providerId" && !member.value().is_object()) {
      return wrong_member(key, "must be an object");
    }
  }
  if (const Json* const fields = body.if_contains("credentials")) {
    connection.fields = fields->get_object();
  }
  if (const Json* const settings = body.if_contains("settings")) {
    connection.settings = settings->get_object();
  }
  auto provider = string_member(body, "providerId");
  if (!provider) return provider.error();
  connection.provider_id = provider->value_or("");
  return connection;
}

}  // namespace

Result<Reply> list_connectable(const ApiCall& call, ApiServices& services) {
  const auto workflows = services.workflows.list(call.project);
  if (!workflows) return workflows.error();
  const auto integrations = services.integrations.list(call.project);
  if (!integrations) return integrations.error();
  JsonArray list;
  for (const auto& entry : *integrations) {
    if (entry.integration->is_active) list.push_back(connectable(*entry.integration, *workflows));
  }
  return json_reply(200, JsonObject{{"integrations", std::move(list)}});
}

Result<Reply> connect_account(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto connection = read_connection(*body);
  if (!connection) return connection.error();
  const auto credential =
      services.credentials.connect(call.project, call.user, call.path_value("type"), *connection);
  if (!credential) return credential.error();
  return json_reply(201, shown(**credential));
}

Result<Reply> disconnect_account(const ApiCall& call, ApiServices& services) {
  const auto removed =
      services.credentials.disconnect(call.project, call.user, call.path_value("credential"));
  if (!removed) return removed.error();
  return no_content();
}

Result<Reply> list_credentials(const ApiCall& call, ApiServices& services) {
  const auto credentials = services.credentials.list(call.project, call.user);
  if (!credentials) return credentials.error();
  JsonArray list;
  for (const auto& credential : *credentials) {
    list.push_back(shown(*credential));
  }
  return json_reply(200, JsonObject{{"credentials", std::move(list)}});
}

Result<Reply> change_credential(const ApiCall& call, ApiServices& services) {
  const auto patch = json_object_body(call);
  if (!patch) return patch.error();
  const auto credential = services.credentials.configure(call.project, call.user,
                                                         call.path_value("credential"), *patch);
  if (!credential) return credential.error();
  return json_reply(200, shown(**credential));
}

Result<Reply> disable_workflow(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  if (const auto known = services.workflows.get(call.project, workflow); !known) {
    return known.error();
  }
  const auto disabled = services.credentials.disable_workflow(call.project, call.user, workflow);
  if (!disabled) return disabled.error();
  return no_content();
}

namespace {

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/integrations",
     .operation = "listConnectable",
     .summary = "The active integrations with what a form for connecting needs",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_connectable,
     .parameters = {project_in_path},
     .answers = {{200, "The integrations.", "{integrations: [ConnectableIntegration]}"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/integrations/{type}/connect",
     .operation = "connectAccount",
     .summary = "Connects an account; the same `providerId` again is the same credential",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &connect_account,
     .parameters = {project_in_path,
                    {"type", "string", "The integration's type.", RouteParameter::In::path}},
     .body = {"{credentials?: object, providerId?: string, settings?: object}", false},
     .answers = {{201, "The credential.", "Credential"},
                 {404, "There is no such integration.", "Error"},
                 {409, "The integration is switched off.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/sdk/integrations/{credential}",
     .operation = "disconnectAccount",
     .summary = "Disconnects an account",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &disconnect_account,
     .parameters = {project_in_path,
                    {"credential", "string", "The credential's id.", RouteParameter::In::path}},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/credentials",
     .operation = "listCredentials",
     .summary = "The calling user's accounts",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_credentials,
     .parameters = {project_in_path},
     .answers = {{200, "The credentials.", "{credentials: [Credential]}"}}},
    {.method = "PATCH",
     .pattern = "/projects/{project}/sdk/credentials/{credential}",
     .operation = "changeCredential",
     .summary = "Enables workflows on an account and sets their settings",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &change_credential,
     .parameters = {project_in_path,
                    {"credential", "string", "The credential's id.", RouteParameter::In::path}},
     .body = {"{config: {configuredWorkflows?: {[workflowId]: object|null}, "
              "sharedSettings?: object}}"},
     .answers = {{200, "The credential.", "Credential"}, {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/sdk/workflows/{workflow}",
     .operation = "disableWorkflow",
     .summary = "Disables a workflow on all accounts of the calling user",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &disable_workflow,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{204, "It is disabled."}, {404, "There is no such workflow.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"ConnectableIntegration",
     "{type: string, name: string, auth: {type: string}, credentialFields: [string], "
     "settings: [any], workflows: [{id: string, name: string}]}",
     "An integration as its users see it; only deployed workflows are listed."},
    {"Credential",
     "{id: string, integrationId: string, userId: string, status: \"VALID\"|\"INVALID\", "
     "config: {configuredWorkflows: {[workflowId]: ConfiguredWorkflow}, sharedSettings: object}, "
     "providerId: string, providerData: any}",
     "A connected account, without its secret parts."},
    {"ConfiguredWorkflow", "{enabled?: boolean, settings?: object}",
     "What a workflow is set to on one account."},
};

}  // namespace

constinit const RouteGroup credential_routes{"Accounts", "Users' accounts at third parties.",
                                             routes, shapes};

}  // namespace millrace
