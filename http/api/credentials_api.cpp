#include "http/api/credentials_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/reading/findings.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

JsonObject shown(const Credential& credential) {
  JsonObject object{{"id", credential.id},
                    {"integrationId", credential.integration},
                    {"userId", credential.user.text},
                    {"status", credential.is_valid ? "VALID" : "INVALID"},
                    {"config", JsonObject{{"configuredWorkflows", credential.configured_workflows},
                                          {"sharedSettings", credential.shared_settings}}},
                    {"providerId", credential.provider_id},
                    {"providerData", credential.provider_data}};
  if (!credential.refusal.empty()) object.emplace("statusReason", credential.refusal);
  return object;
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

std::int64_t order_of(const Json& draft) {
  const Json order = member_or(draft, "order", nullptr);
  return order.is_int64() ? order.get_int64() : 0;
}

/// The deployed ones of an integration that are shown to its users, in the order that they name.
JsonArray offered(const std::string& integration,
                  const std::vector<WorkflowLibrary::Entry>& workflows) {
  std::vector<const WorkflowLibrary::Entry*> shown;
  for (const auto& entry : workflows) {
    const bool is_hidden = member_or(entry.draft, "hidden", false) == Json(true);
    const bool is_its = text_member(entry.draft, "integration") == integration;
    if (entry.deployed_version != 0 && is_its && !is_hidden) shown.push_back(&entry);
  }
  std::stable_sort(shown.begin(), shown.end(), [](const auto* left, const auto* right) {
    return order_of(left->draft) < order_of(right->draft);
  });
  JsonArray list;
  for (const auto* const entry : shown) {
    JsonObject use{{"id", entry->id.text}, {"name", text_member(entry->draft, "name")}};
    if (auto text = text_member(entry->draft, "infoText"); !text.empty()) {
      use.emplace("infoText", std::move(text));
    }
    if (Json settings = member_or(entry->draft, "settings", nullptr); settings.is_array()) {
      use.emplace("settings", std::move(settings));
    }
    list.emplace_back(std::move(use));
  }
  return list;
}

/// What a form for connecting needs, and nothing of the definition's secrets.
JsonObject connectable(const Integration& integration,
                       const std::vector<WorkflowLibrary::Entry>& workflows) {
  const std::string auth =
      text_member(member_or(integration.definition, "auth", JsonObject()), "type");
  JsonArray fields;
  for (const auto& field : credential_fields(integration.auth)) fields.emplace_back(field);
  return {{"type", integration.type},
          {"name", integration.name},
          {"auth", JsonObject{{"type", auth.empty() ? "none" : auth}}},
          {"credentialFields", std::move(fields)},
          {"settings", member_or(integration.definition, "settings", JsonArray())},
          {"workflows", offered(integration.type, workflows)}};
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

namespace {

/// The integration that the workflow belongs to as it runs, or as it will.
Result<std::string> integration_of(const ApiCall& call, ApiServices& services,
                                   const WorkflowId& workflow) {
  const auto entry = services.workflows.get(call.project, workflow);
  if (!entry) return entry.error();
  if (entry->deployed_version == 0) return text_member(entry->draft, "integration");
  const auto live = services.workflows.deployed(call.project, workflow);
  if (!live) return live.error();
  return (*live)->integration;
}

/// What a user enables must be there to be enabled, and on an account of its own integration. What is
/// disabled or removed may be gone already.
Outcome check_enabled(const ApiCall& call, ApiServices& services, const JsonObject& patch) {
  const Json config = member_or(patch, "config", nullptr);
  const Json configured = member_or(config, "configuredWorkflows", nullptr);
  if (!configured.is_object()) return Done{};  // what it is instead is reported when it is read
  const auto account =
      services.credentials.find(call.project, call.user, {}, call.path_value("credential"));
  if (!account) return account.error();
  if (*account == nullptr) return Done{};  // likewise
  std::vector<ErrorDetail> findings;
  for (const auto& member : configured.get_object()) {
    const std::string id(member.key());
    if (member_or(member.value(), "enabled", false) != Json(true)) continue;
    const std::string path = "/config/configuredWorkflows/" + pointer_token(id);
    const auto integration = integration_of(call, services, WorkflowId(id));
    if (!integration && integration.error().code != ErrorCode::not_found) {
      return integration.error();
    }
    if (!integration) {
      findings.push_back(finding_at("", path, "there is no workflow \"" + id + '"',
                                    "a workflow of the project", id));
    } else if (integration->empty()) {
      findings.push_back(finding_at(
          "", path,
          "the workflow \"" + id + "\" belongs to no integration: it is enabled for every user"));
    } else if (*integration != (*account)->integration) {
      findings.push_back(finding_at("", path,
                                    "the workflow \"" + id + "\" belongs to \"" + *integration +
                                        "\": enable it on an account of that",
                                    (*account)->integration, *integration));
    }
  }
  if (findings.empty()) return Done{};
  return Error(ErrorCode::invalid_request,
               "the workflows cannot be enabled on this account: see the details",
               std::move(findings));
}

}  // namespace

Result<Reply> change_credential(const ApiCall& call, ApiServices& services) {
  const auto patch = json_object_body(call);
  if (!patch) return patch.error();
  if (auto checked = check_enabled(call, services, *patch); !checked) return checked.error();
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
     "settings: [any], workflows: [{id: string, name: string, infoText?: string, settings?: "
     "[any]}]}",
     "An integration as its users see it; of workflows the deployed ones that are not hidden."},
    {"Credential",
     "{id: string, integrationId: string, userId: string, status: \"VALID\"|\"INVALID\", "
     "statusReason?: string, config: {configuredWorkflows: {[workflowId]: ConfiguredWorkflow}, "
     "sharedSettings: object}, "
     "providerId: string, providerData: any}",
     "A connected account, without its secret parts."},
    {"ConfiguredWorkflow", "{enabled?: boolean, settings?: object}",
     "What a workflow is set to on one account."},
};

}  // namespace

constinit const RouteGroup credential_routes{"Accounts", "Users' accounts at third parties.",
                                             routes, shapes};

}  // namespace millrace
