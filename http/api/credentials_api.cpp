#include "http/api/credentials_api.h"

#include "actors/accounts/sign_ins.h"
#include "actors/gateway/poll_states.h"
#include "actors/subscriptions/subscriptions.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/user_registry.h"
#include "http/api/account_choice.h"
#include "http/api/hooks_api.h"
#include "http/api/sdk_shapes.h"
#include "http/api/user_offer.h"
#include "runtime/integrations/account_text.h"
#include "runtime/integrations/check_settings.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

Result<CredentialRegistry::Connection> read_connection(const JsonObject& body) {
  static const std::vector<std::string> known{"credentials", "providerId", "settings",
                                              "externalId"};
  CredentialRegistry::Connection connection;
  for (const auto& member : body) {
    const std::string key(member.key());
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return wrong_member(key, "is not known here", nearest_name(key, known));
    }
    if (key != "providerId" && key != "externalId" && !member.value().is_object()) {
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
  auto external = string_member(body, "externalId");
  if (!external) return external.error();
  connection.external_id = external->value_or("");
  return connection;
}

Json time_or_null(const std::optional<Instant>& instant) {
  return instant ? Json(to_text(*instant)) : Json(nullptr);
}

std::string_view state_name(const PollState& poll) {
  if (poll.is_waiting) return "waiting";
  return poll.is_failing ? "failing" : "ok";
}

JsonObject poll_shape(const PollState& poll) {
  JsonObject shape{{"state", state_name(poll)},
                   {"lastAt", time_or_null(poll.last)},
                   {"nextAt", time_or_null(poll.next)}};
  if (poll.is_waiting || poll.is_failing) {
    shape.emplace("error", JsonObject{{"code", poll.code}, {"message", poll.message}});
  }
  return shape;
}

Outcome add_polls(JsonObject& shape, const ApiCall& call, ApiServices& services,
                  const Credential& credential) {
  if (!services.polls) return Done{};
  const auto polls = services.polls(call.project, credential.user);
  if (!polls) return polls.error();
  JsonObject shown;
  for (const PollState& poll : *polls) {
    const AccountPlace place = account_place(poll.credential);
    if (place.credential != credential.id) continue;
    // In a further configuration it is a poll of its own.
    const std::string of = place.configuration.empty() ? "" : place.configuration + '/';
    shown.emplace(of + poll.workflow.text, poll_shape(poll));
  }
  if (!shown.empty()) shape.emplace("polls", std::move(shown));
  return Done{};
}

Outcome add_subscriptions(JsonObject& shape, const ApiCall& call, ApiServices& services,
                          const Webhooks& webhooks, const Credential& credential) {
  const bool has_any = std::any_of(webhooks.begin(), webhooks.end(), [](const auto& each) {
    return each.second.subscription != nullptr;
  });
  if (services.subscriptions == nullptr || !has_any) return Done{};
  auto shown = services.subscriptions->shown(call.project, credential.user, credential.id);
  if (!shown) return shown.error();
  shape.emplace("subscriptions", std::move(*shown));
  return Done{};
}

/// With the URLs of its own webhooks, its polls and its subscriptions.
Result<JsonObject> shown_with_urls(const ApiCall& call, ApiServices& services,
                                   const UserOffer& offer, const Credential& credential) {
  JsonObject shape = credential_shape(credential, offer.of(credential.integration));
  const auto entry = services.integrations.get_any(call.project, credential.integration);
  if (!entry) return shape;  // it was removed
  auto urls = webhook_urls(call, services, *entry->integration, &credential);
  if (!urls) return urls.error();
  shape.emplace("webhooks", std::move(*urls));
  if (auto added = add_polls(shape, call, services, credential); !added) return added.error();
  auto added = add_subscriptions(shape, call, services, entry->integration->webhooks, credential);
  if (!added) return added.error();
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
  shape["credential"] = credential_shape(*account->credential, offered);
  shape["providerId"] = account->credential->provider_id;
  shape["providerData"] = account->credential->provider_data;
  shape["accountAuth"] = nullptr;  // what is secret in an account never leaves
  return json_reply(200, shape);
}

}  // namespace

namespace {

Result<Reply> disconnect(const ApiCall& call, ApiServices& services, const std::string& id) {
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

/// All accounts of the call's user.
Result<Reply> accounts_of_user(const ApiCall& call, ApiServices& services) {
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

/// The call for the user in the path. Error: not_found.
Result<ApiCall> for_user_in_path(const ApiCall& call, ApiServices& services) {
  ApiCall as_user = call;
  as_user.user = UserId(call.path_value("user"));
  const auto known = services.users.find(call.project, as_user.user);
  if (!known) return known.error();
  if (*known != nullptr) return as_user;
  return Error(ErrorCode::not_found, "no user \"" + as_user.user.text + "\" has been seen");
}

Result<Reply> list_accounts_of(const ApiCall& call, ApiServices& services) {
  const auto as_user = for_user_in_path(call, services);
  if (!as_user) return as_user.error();
  return accounts_of_user(*as_user, services);
}

Result<Reply> disconnect_account_of(const ApiCall& call, ApiServices& services) {
  const auto as_user = for_user_in_path(call, services);
  if (!as_user) return as_user.error();
  return disconnect(*as_user, services, call.path_value("credential"));
}

}  // namespace

Result<Reply> disconnect_account(const ApiCall& call, ApiServices& services) {
  std::string id = call.path_value("credential");
  // Integrations have no id but their type.
  if (services.integrations.get(call.project, id)) {
    const auto account = selected_account(call, services, id);
    if (!account) return account.error();
    id = account->credential->id;
  }
  return disconnect(call, services, id);
}

Result<Reply> list_credentials(const ApiCall& call, ApiServices& services) {
  if (const auto type = call.query_value("integration")) return show_account(call, services, *type);
  return accounts_of_user(call, services);
}

Result<Reply> show_credential(const ApiCall& call, ApiServices& services) {
  const auto account = account_in_path(call, services, call.path_value("credential"));
  if (!account) return account.error();
  return credential_reply(call, services, 200, *account->credential);
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
     .answers = {{200, "The integrations.", "[ConnectableIntegration]"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/integrations/{type}/connect",
     .operation = "connectAccount",
     .summary =
         "Connects an account; the same `providerId` or `externalId` again is the same credential",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &connect_account,
     .stores = true,
     .parameters = {project_in_path,
                    {"type", "string", "The integration's type.", RouteParameter::In::path}},
     .body = {"{credentials?: object, providerId?: string, externalId?: string, settings?: object}",
              false},
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
                    {"credential", "string", "The credential's id or external id.",
                     RouteParameter::In::path}},
     .answers = {{200, "The credential.", "Credential"}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/users/{user}/credentials",
     .operation = "listAccountsOfUser",
     .summary = "The accounts of a user",
     .access = Access::project_key,
     .runs_on = RunsOn::user_shard,
     .handler = &list_accounts_of,
     .parameters = {project_in_path, user_in_path},
     .answers = {{200, "The accounts.", "{credentials: [Credential]}"},
                 {404, "Nothing is known of the user.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/users/{user}/credentials/{credential}",
     .operation = "disconnectAccountOfUser",
     .summary = "Disconnects an account of a user",
     .access = Access::project_key,
     .runs_on = RunsOn::user_shard,
     .handler = &disconnect_account_of,
     .parameters = {project_in_path,
                    user_in_path,
                    {"credential", "string", "The credential's id.", RouteParameter::In::path}},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
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
     "externalId: string|null, providerId: string, providerData: any, webhooks?: {[name]: "
     "HookUrl}, "
     "subscriptions?: {[name]: HookSubscription}, polls?: {[workflowId]: {state: "
     "\"ok\"|\"waiting\"|\"failing\", lastAt: date|null, nextAt: "
     "date|null, error?: {code: string, message: string}}}}",
     "A connected account, without its secret parts."},
    {"Configuration",
     "{id: string, connectCredentialId: string, isDefault: boolean, "
     "workflowSettings: {[workflowId]: ConfiguredWorkflow}, sharedSettings: object, "
     "configMeta: object, externalId: string|null, dateCreated: string}",
     "How an account is set up; every account has a default one and may have others."},
    {"HookSubscription",
     "{state: \"subscribing\"|\"active\"|\"failed\"|\"unsubscribing\", expires?: date, "
     "nextAt?: date, error?: {code: string, message: string}}",
     "What has become of a webhook's subscription; `nextAt` is when it is looked after."},
    {"ConfiguredWorkflow", "{enabled?: boolean, settings?: object}",
     "What a workflow is set to on one account."},
};

}  // namespace

constinit const RouteGroup credential_routes{"Accounts", "Users' accounts at third parties.",
                                             routes, shapes};

}  // namespace millrace
