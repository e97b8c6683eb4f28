#include "http/api/credentials_api.h"

#include "actors/accounts/sign_ins.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/integrations/check_settings.h"
#include "runtime/integrations/read_settings.h"
#include "runtime/reading/object_reader.h"
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

namespace {

/// Those that come along when connecting; they may also be set later.
Outcome check_shared_settings(const ApiCall& call, ApiServices& services,
                              const CredentialRegistry::Connection& connection) {
  if (!connection.settings) return Done{};
  const auto entry = services.integrations.get(call.project, call.path_value("type"));
  if (!entry) return entry.error();
  Findings findings;
  const auto& declared = entry->integration->settings;
  check_settings(declared, *connection.settings, "/settings", findings);
  check_required_settings(declared, *connection.settings, LeftOut::refused, "/settings", findings);
  if (findings.empty()) return Done{};
  return Error(ErrorCode::invalid_request,
               "the settings do not fit the integration: see the details", std::move(findings));
}

}  // namespace

Result<Reply> connect_account(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto connection = read_connection(*body);
  if (!connection) return connection.error();
  if (auto checked = check_shared_settings(call, services, *connection); !checked) {
    return checked.error();
  }
  const auto credential =
      services.credentials.connect(call.project, call.user, call.path_value("type"), *connection);
  if (!credential) return credential.error();
  return json_reply(201, shown(**credential));
}

Result<Reply> disconnect_account(const ApiCall& call, ApiServices& services) {
  const std::string& id = call.path_value("credential");
  const auto account = services.credentials.find(call.project, call.user, {}, id);
  const auto removed = services.credentials.disconnect(call.project, call.user, id);
  if (!removed) return removed.error();
  if (services.sign_ins != nullptr && account && *account != nullptr) {
    services.sign_ins->revoke(call.project, **account);
  }
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

/// What of a workflow matters to an account, as it runs or as it will.
struct WorkflowOutline {
  std::string integration;
  std::vector<Setting> settings;
};

Result<WorkflowOutline> outline_of(const ApiCall& call, ApiServices& services,
                                   const WorkflowId& workflow) {
  const auto entry = services.workflows.get(call.project, workflow);
  if (!entry) return entry.error();
  if (entry->deployed_version == 0) {
    Findings unread;  // a draft may be wrong; deploy says so
    ObjectReader draft(entry->draft, "", "", unread);
    return WorkflowOutline{text_member(entry->draft, "integration"), read_settings(draft)};
  }
  const auto live = services.workflows.deployed(call.project, workflow);
  if (!live) return live.error();
  return WorkflowOutline{(*live)->integration, (*live)->settings};
}

JsonObject object_or_empty(const Json& object, std::string_view key) {
  const Json member = member_or(object, key, nullptr);
  return member.is_object() ? member.get_object() : JsonObject();
}

/// What an account is to be set to, against what there is and what is declared. Everything else about the
/// form of the patch is CredentialRegistry::configure's.
class ConfigurationCheck {
 public:
  ConfigurationCheck(const ApiCall& call, ApiServices& services, const Credential& account)
      : call_(call), services_(services), account_(account) {}

  Outcome check(const JsonObject& patch) {
    const Json config = member_or(patch, "config", nullptr);
    const auto integration = services_.integrations.get(call_.project, account_.integration);
    // An integration that was removed declares nothing any more.
    if (integration) declared_ = integration->integration->settings;
    shared_ = account_.shared_settings;
    if (const Json given = member_or(config, "sharedSettings", nullptr); given.is_object()) {
      shared_ = given.get_object();
      check_settings(declared_, shared_, "/config/sharedSettings", findings_);
      check_required_settings(declared_, shared_, LeftOut::filled_later, "/config/sharedSettings",
                              findings_);
    }
    for (const auto& member : object_or_empty(config, "configuredWorkflows")) {
      if (member.value().is_null()) continue;  // forgotten, whatever it was
      if (auto checked = check_workflow(std::string(member.key()), member.value()); !checked) {
        return checked;
      }
    }
    if (findings_.empty()) return Done{};
    return Error(ErrorCode::invalid_request,
                 "the account cannot be configured like this: see the details",
                 std::move(findings_));
  }

 private:
  Outcome check_workflow(const std::string& id, const Json& given) {
    const std::string path = "/config/configuredWorkflows/" + pointer_token(id);
    const bool is_enabled = member_or(given, "enabled", false) == Json(true);
    const auto workflow = outline_of(call_, services_, WorkflowId(id));
    if (!workflow && workflow.error().code != ErrorCode::not_found) return workflow.error();
    if (!workflow) {
      // One that was there when it was configured can still be disabled.
      const bool is_forgotten = account_.configured_workflows.contains(id) && !is_enabled;
      if (!is_forgotten) {
        add(path, "there is no workflow \"" + id + '"', "a workflow of the project", id);
      }
      return Done{};
    }
    if (is_enabled && workflow->integration.empty()) {
      add(path,
          "the workflow \"" + id + "\" belongs to no integration: it is enabled for every user");
    } else if (is_enabled && workflow->integration != account_.integration) {
      add(path,
          "the workflow \"" + id + "\" belongs to \"" + workflow->integration +
              "\": enable it on an account of that",
          account_.integration, workflow->integration);
    }
    check_own_settings(*workflow, given, path + "/settings");
    return Done{};
  }

  /// They lie over the shared ones.
  void check_own_settings(const WorkflowOutline& workflow, const Json& given,
                          const std::string& path) {
    const Json own = member_or(given, "settings", nullptr);
    if (!own.is_object()) return;
    std::vector<Setting> declared = workflow.settings;
    declared.insert(declared.end(), declared_.begin(), declared_.end());
    check_settings(declared, own.get_object(), path, findings_);
    JsonObject merged = shared_;
    for (const auto& member : own.get_object()) merged[member.key()] = member.value();
    check_required_settings(workflow.settings, merged, LeftOut::refused, path, findings_);
  }

  void add(const std::string& path, std::string message, std::string expected = {},
           std::string got = {}) {
    findings_.push_back(
        finding_at("", path, std::move(message), std::move(expected), std::move(got)));
  }

  const ApiCall& call_;
  ApiServices& services_;
  const Credential& account_;
  std::vector<Setting> declared_;  // by the integration
  JsonObject shared_;              // as they will be
  Findings findings_;
};

Outcome check_configuration(const ApiCall& call, ApiServices& services, const JsonObject& patch) {
  const auto account =
      services.credentials.find(call.project, call.user, {}, call.path_value("credential"));
  if (!account) return account.error();
  if (*account == nullptr) return Done{};  // whoever changes it says so
  return ConfigurationCheck(call, services, **account).check(patch);
}

}  // namespace

Result<Reply> change_credential(const ApiCall& call, ApiServices& services) {
  const auto patch = json_object_body(call);
  if (!patch) return patch.error();
  if (auto checked = check_configuration(call, services, *patch); !checked) {
    return checked.error();
  }
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
