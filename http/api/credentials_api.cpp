#include "http/api/credentials_api.h"

#include "actors/accounts/sign_ins.h"
#include "actors/gateway/poll_states.h"
#include "actors/subscriptions/subscriptions.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/hooks_api.h"
#include "http/api/sdk_shapes.h"
#include "http/api/user_offer.h"
#include "runtime/integrations/check_settings.h"
#include "runtime/integrations/credential_id.h"
#include "runtime/integrations/read_settings.h"
#include "runtime/integrations/run_conditions.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

std::string text_member(const Json& object, std::string_view key) {
  const Json* const member = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

Json member_or(const Json& object, std::string_view key, Json otherwise) {
  const Json* const member = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return member != nullptr ? *member : std::move(otherwise);
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

namespace {

Json time_or_null(const std::optional<Instant>& instant) {
  return instant ? Json(to_text(*instant)) : Json(nullptr);
}

JsonObject poll_shape(const PollState& poll) {
  JsonObject shape{{"state", poll.is_failing ? "failing" : "ok"},
                   {"lastAt", time_or_null(poll.last)},
                   {"nextAt", time_or_null(poll.next)}};
  if (poll.is_failing) {
    shape.emplace("error", JsonObject{{"code", poll.code}, {"message", poll.message}});
  }
  return shape;
}

/// With the URLs of its own webhooks, and its polls.
Result<JsonObject> shown_with_urls(const ApiCall& call, ApiServices& services,
                                   const UserOffer& offer, const Credential& credential) {
  JsonObject shape = credential_shape(credential, offer.of(credential.integration));
  const auto entry = services.integrations.get_any(call.project, credential.integration);
  if (!entry) return shape;  // it was removed
  auto urls = webhook_urls(call, services, *entry->integration, &credential);
  if (!urls) return urls.error();
  shape.emplace("webhooks", std::move(*urls));
  if (!services.polls) return shape;
  auto polls = services.polls(call.project, credential.user);
  if (!polls) return polls.error();
  JsonObject shown;
  for (const PollState& poll : *polls) {
    if (poll.credential == credential.id) shown.emplace(poll.workflow.text, poll_shape(poll));
  }
  if (!shown.empty()) shape.emplace("polls", std::move(shown));
  const auto& webhooks = entry->integration->webhooks;
  const bool has_any = std::any_of(webhooks.begin(), webhooks.end(), [](const auto& each) {
    return each.second.subscription != nullptr;
  });
  if (services.subscriptions == nullptr || !has_any) return shape;
  auto subscriptions = services.subscriptions->shown(call.project, credential.user, credential.id);
  if (!subscriptions) return subscriptions.error();
  shape.emplace("subscriptions", std::move(*subscriptions));
  return shape;
}

}  // namespace

Result<Reply> credential_reply(const ApiCall& call, ApiServices& services, int status,
                               const Credential& credential) {
  const auto offer = UserOffer::read(call, services);
  if (!offer) return offer.error();
  auto shape = shown_with_urls(call, services, *offer, credential);
  if (!shape) return shape.error();
  return json_reply(status, std::move(*shape));
}

Result<Reply> list_connectable(const ApiCall& call, ApiServices& services) {
  const auto offer = UserOffer::read(call, services);
  if (!offer) return offer.error();
  const auto integrations = services.integrations.list(call.project);
  if (!integrations) return integrations.error();
  JsonArray list;
  for (const auto& entry : *integrations) {
    if (!entry.integration->is_active) continue;
    list.push_back(integration_shape(*entry.integration, offer->of(entry.integration->type)));
  }
  return json_reply(200, list);
}

namespace {

/// Those that come along when connecting; they may also be set later.
Outcome check_shared_settings(const Integration& integration,
                              const CredentialRegistry::Connection& connection) {
  // Those of an integration may be filled in later; nothing asks for a resource's before a request leaves.
  if (!connection.settings && integration.resource == nullptr) return Done{};
  Findings findings;
  const auto& declared = integration.settings;
  const JsonObject given = connection.settings.value_or(JsonObject());
  check_settings(declared, given, "/settings", findings);
  check_required_settings(declared, given, LeftOut::refused, "/settings", findings);
  if (findings.empty()) return Done{};
  return Error(ErrorCode::invalid_request,
               "the settings do not fit the integration: see the details", findings.take());
}

}  // namespace

Result<Reply> connect_account(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto entry = services.integrations.get(call.project, call.path_value("type"));
  if (!entry) return entry.error();
  return connect_with(call, services, *entry->integration, *body);
}

Result<Reply> connect_with(const ApiCall& call, ApiServices& services,
                           const Integration& integration, const JsonObject& body) {
  const auto connection = read_connection(body);
  if (!connection) return connection.error();
  if (auto checked = check_shared_settings(integration, *connection); !checked) {
    return checked.error();
  }
  const auto credential =
      services.credentials.connect(call.project, call.user, integration.type, *connection);
  if (!credential) return credential.error();
  return credential_reply(call, services, 201, **credential);
}

namespace {

/// The account that a request means: which it says by header, or the one that a run would take first.
/// Error: not_found.
Result<SharedCredential> selected_account(const ApiCall& call, ApiServices& services,
                                          const std::string& integration) {
  const std::string selected = call.http.get_header_value("X-Paragon-Credential");
  auto account = services.credentials.find(call.project, call.user, integration, selected);
  if (!account || *account != nullptr) return account;
  return Error(ErrorCode::not_found,
               selected.empty()
                   ? "the user has no account connected for \"" + integration + '"'
                   : "the user has no account \"" + selected + "\" for \"" + integration + '"');
}

/// One account together with what its integration offers.
Result<Reply> show_account(const ApiCall& call, ApiServices& services, const std::string& type) {
  const auto entry = services.integrations.get(call.project, type);
  if (!entry) return entry.error();
  const auto account = selected_account(call, services, type);
  if (!account) return account.error();
  const auto offer = UserOffer::read(call, services);
  if (!offer) return offer.error();
  const auto offered = offer->of(type);
  JsonObject shape = integration_shape(*entry->integration, offered);
  shape["credential"] = credential_shape(**account, offered);
  shape["providerId"] = (*account)->provider_id;
  shape["providerData"] = (*account)->provider_data;
  shape["accountAuth"] = nullptr;  // what is secret in an account never leaves
  return json_reply(200, shape);
}

}  // namespace

Result<Reply> disconnect_account(const ApiCall& call, ApiServices& services) {
  std::string id = call.path_value("credential");
  // Integrations have no id but their type.
  if (services.integrations.get(call.project, id)) {
    const auto account = selected_account(call, services, id);
    if (!account) return account.error();
    id = (*account)->id;
  }
  const auto leaving = services.credentials.find(call.project, call.user, {}, id);
  const bool has_subscriptions = services.subscriptions != nullptr && leaving &&
                                 *leaving != nullptr &&
                                 services.subscriptions->prepare_to_leave(call.project, **leaving);
  const auto removed = services.credentials.disconnect(call.project, call.user, id);
  if (!removed) return removed.error();
  // With its tokens subscriptions are ended first.
  if (services.sign_ins != nullptr && leaving && *leaving != nullptr && !has_subscriptions) {
    services.sign_ins->revoke(call.project, **leaving);
  }
  return no_content();
}

Result<Reply> list_credentials(const ApiCall& call, ApiServices& services) {
  if (const auto type = call.query_value("integration")) return show_account(call, services, *type);
  const auto credentials = services.credentials.list(call.project, call.user);
  if (!credentials) return credentials.error();
  const auto offer = UserOffer::read(call, services);
  if (!offer) return offer.error();
  JsonArray list;
  for (const auto& credential : *credentials) {
    auto shape = shown_with_urls(call, services, *offer, *credential);
    if (!shape) return shape.error();
    list.push_back(std::move(*shape));
  }
  return json_reply(200, JsonObject{{"credentials", std::move(list)}});
}

namespace {

/// What of a workflow matters to an account, as it runs or as it will.
struct WorkflowOutline {
  std::string integration;
  std::vector<Setting> settings;
  ConditionGroups permissions{};
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
  return WorkflowOutline{(*live)->integration, (*live)->settings, (*live)->permissions};
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
    const auto integration = services_.integrations.get_any(call_.project, account_.integration);
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
                 "the account cannot be configured like this: see the details", findings_.take());
  }

 private:
  Outcome check_workflow(const std::string& id, const Json& given) {
    const std::string path = "/config/configuredWorkflows/" + pointer_token(id);
    const Json before = member_or(account_.configured_workflows, id, JsonObject());
    const bool is_enabled =
        member_or(given, "enabled", member_or(before, "enabled", false)) == Json(true);
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
    if (is_enabled) {
      const auto user = services_.users.find(call_.project, call_.user);
      if (!user) return user.error();
      if (!is_permitted(workflow->permissions, call_.user,
                        *user == nullptr ? nullptr : &(*user)->meta)) {
        return Error(ErrorCode::permission_denied,
                     "the workflow \"" + id + "\" is not for this user: its permissions");
      }
    }
    // Whoever says that it is off may fill its settings later.
    const bool is_off = member_or(given, "enabled", true) == Json(false);
    check_own_settings(*workflow, given, is_off ? LeftOut::filled_later : LeftOut::refused,
                       path + "/settings");
    return Done{};
  }

  /// They lie over the shared ones.
  void check_own_settings(const WorkflowOutline& workflow, const Json& given, LeftOut left_out,
                          const std::string& path) {
    const Json own = member_or(given, "settings", nullptr);
    if (!own.is_object()) return;
    std::vector<Setting> declared = workflow.settings;
    declared.insert(declared.end(), declared_.begin(), declared_.end());
    check_settings(declared, own.get_object(), path, findings_);
    JsonObject merged = shared_;
    for (const auto& member : own.get_object()) merged[member.key()] = member.value();
    check_required_settings(workflow.settings, merged, left_out, path, findings_);
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

Outcome check_configuration(const ApiCall& call, ApiServices& services, const std::string& id,
                            const JsonObject& patch) {
  const auto account = services.credentials.find(call.project, call.user, {}, id);
  if (!account) return account.error();
  if (*account == nullptr) return Done{};  // whoever changes it says so
  return ConfigurationCheck(call, services, **account).check(patch);
}

}  // namespace

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

Result<Reply> configure_account(const ApiCall& call, ApiServices& services, const std::string& id,
                                const JsonObject& patch) {
  if (auto checked = check_configuration(call, services, id, patch); !checked) {
    return checked.error();
  }
  const auto credential = services.credentials.configure(call.project, call.user, id, patch);
  if (!credential) return credential.error();
  return credential_reply(call, services, 200, **credential);
}

Outcome check_configuration_header(const ApiCall& call, const std::string& credential) {
  const std::string given = call.http.get_header_value("X-Paragon-Configuration-Id");
  if (given.empty() || given == default_configuration_id(credential)) return Done{};
  return Error(ErrorCode::not_found,
               "the account has no configuration \"" + given + "\": it has one, its default");
}

}  // namespace

Result<Reply> show_credential(const ApiCall& call, ApiServices& services) {
  const std::string& id = call.path_value("credential");
  const auto account = services.credentials.find(call.project, call.user, {}, id);
  if (!account) return account.error();
  if (*account == nullptr) {
    return Error(ErrorCode::not_found, "the user has no account \"" + id + '"');
  }
  return credential_reply(call, services, 200, **account);
}

Result<Reply> change_credential(const ApiCall& call, ApiServices& services) {
  auto patch = json_object_body(call);
  if (!patch) return patch.error();
  if (auto renamed = rename_workflow_settings(*patch); !renamed) return renamed.error();
  if (auto known = check_configuration_header(call, call.path_value("credential")); !known) {
    return known.error();
  }
  return configure_account(call, services, call.path_value("credential"), *patch);
}

namespace {

JsonObject switched(const WorkflowId& workflow, bool is_on) {
  return {{"config", JsonObject{{"configuredWorkflows",
                                 JsonObject{{workflow.text, JsonObject{{"enabled", is_on}}}}}}}};
}

}  // namespace

Result<Reply> enable_workflow(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  const auto outline = outline_of(call, services, workflow);
  if (!outline) return outline.error();
  if (outline->integration.empty()) return no_content();  // it is, for every user
  const auto account = selected_account(call, services, outline->integration);
  if (!account) return account.error();
  if (auto known = check_configuration_header(call, (*account)->id); !known) return known.error();
  return configure_account(call, services, (*account)->id, switched(workflow, true));
}

Result<Reply> disable_workflow(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  if (const auto known = services.workflows.get(call.project, workflow); !known) {
    return known.error();
  }
  if (const std::string id = call.http.get_header_value("X-Paragon-Credential"); !id.empty()) {
    if (auto known = check_configuration_header(call, id); !known) return known.error();
    return configure_account(call, services, id, switched(workflow, false));
  }
  const auto disabled = services.credentials.disable_workflow(call.project, call.user, workflow);
  if (!disabled) return disabled.error();
  return no_content();
}

namespace {

constexpr RouteParameter selected_account_header{
    "X-Paragon-Credential", "string", "Which account, by its id.", RouteParameter::In::header};
constexpr RouteParameter selected_configuration_header{
    "X-Paragon-Configuration-Id", "string", "Which configuration of the account; it has one.",
    RouteParameter::In::header};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/integrations",
     .operation = "listConnectable",
     .summary = "The active integrations with what a form for connecting needs",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_connectable,
     .parameters = {project_in_path},
     .answers = {{200, "The integrations.", "[ConnectableIntegration]"}}},
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
     .parameters =
         {project_in_path,
          {"credential", "string",
           "The credential's id; or an integration's: the account that the header selects, "
           "else the first valid one.",
           RouteParameter::In::path},
          selected_account_header},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/credentials",
     .operation = "listCredentials",
     .summary = "The calling user's accounts; with `integration`, one of them with its integration",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_credentials,
     .parameters = {project_in_path,
                    {"integration", "string", "Of this integration, one."},
                    {"includeAccountAuth", "boolean", "Taken and without effect: secrets stay."},
                    selected_account_header},
     .answers = {{200, "The credentials; or the one.",
                  "{credentials: [Credential]}|ConnectableIntegration"},
                 {404, "There is none of that integration.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/credentials/{credential}",
     .operation = "showCredential",
     .summary = "One of the calling user's accounts",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &show_credential,
     .parameters = {project_in_path,
                    {"credential", "string", "The credential's id.", RouteParameter::In::path}},
     .answers = {{200, "The credential.", "Credential"}, {404, "There is none.", "Error"}}},
    {.method = "PATCH",
     .pattern = "/projects/{project}/sdk/credentials/{credential}",
     .operation = "changeCredential",
     .summary = "Enables workflows on an account and sets their settings",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &change_credential,
     .parameters = {project_in_path,
                    {"credential", "string", "The credential's id.", RouteParameter::In::path},
                    selected_configuration_header},
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
};

constexpr NamedShape shapes[]{
    {"ConnectableIntegration",
     "{id: string, type: string, name: string, brandColor: string, isActive: boolean, "
     "auth: {type: string}, credentialFields: [string], settings: [any], "
     "workflows: [{id: string, name: string, description: string, integrationId: string, "
     "infoText: string, settings: [any], hidden: boolean}], noPermissionWorkflows: [string], "
     "configs: [{id: string, values: object}], authenticationType: \"basic\"|\"oauth\", "
     "needPreOauthInputs: boolean, sdkIntegrationConfig: object, customIntegration?: object, "
     "credential?: Credential, providerId?: string, providerData?: any, accountAuth?: null}",
     "An integration as its users see it, with its deployed workflows; the last four belong to one "
     "account."},
    {"Credential",
     "{id: string, integrationId: string, userId: string, status: \"VALID\"|\"INVALID\", "
     "statusReason?: string, config: {configuredWorkflows: {[workflowId]: ConfiguredWorkflow}, "
     "sharedSettings: object}, configurations: [Configuration], "
     "providerId: string, providerData: any, webhooks?: {[name]: {url: string}}, "
     "polls?: {[workflowId]: {state: \"ok\"|\"failing\", lastAt: date|null, nextAt: date|null, "
     "error?: {code: string, message: string}}}}",
     "A connected account, without its secret parts."},
    {"Configuration",
     "{id: string, connectCredentialId: string, isDefault: boolean, "
     "workflowSettings: {[workflowId]: ConfiguredWorkflow}, sharedSettings: object, "
     "configMeta: object, externalId: null}",
     "How an account is set up; every account has one, its default."},
    {"ConfiguredWorkflow", "{enabled?: boolean, settings?: object}",
     "What a workflow is set to on one account."},
};

}  // namespace

constinit const RouteGroup credential_routes{"Accounts", "Users' accounts at third parties.",
                                             routes, shapes};

}  // namespace millrace
