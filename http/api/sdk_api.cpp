#include "http/api/sdk_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "http/api/account_choice.h"
#include "http/api/credentials_api.h"
#include "http/api/events_api.h"
#include "http/api/install_options.h"
#include "http/api/oauth_api.h"

#include <utility>

namespace millrace {
namespace {

/// What may be left out or null.
Result<JsonObject> object_in(const JsonObject& body, const char* key) {
  const Json* const given = body.if_contains(key);
  if (given == nullptr || given->is_null()) return JsonObject();
  if (given->is_object()) return given->get_object();
  return wrong_member(key, "must be an object");
}

/// The answers to the inputs that the integration asks for, which are its secret fields.
Result<JsonObject> read_fields(const JsonObject& body) {
  auto fields = object_in(body, "payload");
  if (!fields) return fields;
  fields->erase("skipPostOAuthInputs");  // the SDK's own note
  return fields;
}

}  // namespace

namespace {

/// `completeInstall`: the application has let the user sign in itself, and brings the code.
Result<SharedCredential> redeem_code(const ApiCall& call, ApiServices& services,
                                     const JsonObject& body, const std::string& integration,
                                     const InstallOptions& options) {
  const auto sign_ins = sign_ins_of(services);
  if (!sign_ins) return sign_ins.error();
  const auto code = string_member(body, "code");
  if (!code) return code.error();
  auto inputs = object_in(body, "integrationOptions");
  if (!inputs) return inputs.error();
  const auto given = string_member(body, "redirectUrl");
  if (!given) return given.error();
  const auto redirect_uri = *given ? Result<std::string>(**given) : redirect_uri_of(call, services);
  if (!redirect_uri) return redirect_uri.error();
  auto again = account_to_install(call, services, integration, options);
  if (!again) return again.error();
  auto wish = wish_of(call, services, integration);
  if (!wish) return wish.error();
  wish->inputs = std::move(*inputs);
  wish->again = std::move(*again);
  wish->external_id = options.external_id;
  const auto connected = (*sign_ins)->redeem(*wish, code->value_or(""), *redirect_uri);
  if (!connected) return connected.error();
  return services.credentials.find(call.project, call.user, integration, connected->credential);
}

Result<SharedCredential> install(const ApiCall& call, ApiServices& services, const JsonObject& body,
                                 const std::string& integration) {
  const auto given = object_in(body, "installOptions");
  if (!given) return given.error();
  const auto options = read_install_options(*given);
  if (!options) return options.error();
  if (body.contains("code")) return redeem_code(call, services, body, integration, *options);
  auto fields = read_fields(body);
  if (!fields) return fields.error();
  auto again = account_to_install(call, services, integration, *options);
  if (!again) return again.error();
  CredentialRegistry::Connection connection;
  connection.fields = std::move(*fields);
  connection.again = std::move(*again);
  connection.external_id = options->external_id;
  return services.credentials.connect(call.project, call.user, integration, connection);
}

/// The body of an installation, and the integration that it names.
Result<std::pair<JsonObject, std::string>> read_installation(const ApiCall& call) {
  auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"integrationId", "config", "payload", "installOptions",
                                         "code", "redirectUrl", "integrationOptions"});
      !known) {
    return known.error();
  }
  auto integration = string_member(*body, "integrationId");
  if (!integration) return integration.error();
  if (!*integration) return wrong_member("integrationId", "is missing: which integration is it?");
  return std::pair(std::move(*body), std::move(**integration));
}

}  // namespace

Result<Reply> install_integration(const ApiCall& call, ApiServices& services) {
  const auto read = read_installation(call);
  if (!read) return read.error();
  const auto connected = install(call, services, read->first, read->second);
  if (!connected) return connected.error();
  if (*connected == nullptr) return Error(ErrorCode::not_found, "the account is gone already");
  return credential_reply(call, services, 201, **connected);
}

Result<Reply> complete_setup(const ApiCall& call, ApiServices& services) {
  const auto read = read_installation(call);
  if (!read) return read.error();
  const auto account = account_in_path(call, services, call.path_value("credential"));
  if (!account) return account.error();
  if (account->credential->integration != read->second) {
    return wrong_member("integrationId", "is another integration than the account's");
  }
  const auto fields = read_fields(read->first);
  if (!fields) return fields.error();
  if (!fields->empty()) {
    return wrong_member("payload", "is not taken: nothing is asked for after a sign-in");
  }
  return credential_reply(call, services, 200, *account->credential);
}

namespace {

/// Of one integration, those that a project's application may offer.
JsonArray triggers_of(const Integration& integration) {
  JsonArray list;
  const Json* const declared = integration.definition.is_object()
                                   ? integration.definition.get_object().if_contains("triggers")
                                   : nullptr;
  if (declared == nullptr || !declared->is_object()) return list;
  for (const auto& trigger : declared->get_object()) {
    const JsonObject members =
        trigger.value().is_object() ? trigger.value().get_object() : JsonObject();
    const auto shown = [&](std::string_view key) {
      const Json* const member = members.if_contains(key);
      return member != nullptr && member->is_string() ? *member : Json(trigger.key());
    };
    list.push_back(JsonObject{{"type", trigger.key()},
                              {"triggerModel", members.contains("poll") ? "poll" : "webhook"},
                              {"title", shown("title")},
                              {"description", shown("description")},
                              {"parameters", JsonArray()}});
  }
  return list;
}

}  // namespace

Result<Reply> list_integration_triggers(const ApiCall& call, ApiServices& services) {
  const auto integrations = services.integrations.list(call.project);
  if (!integrations) return integrations.error();
  const std::string wanted = ',' + call.query_value("integrations").value_or("") + ',';
  JsonObject triggers;
  for (const auto& entry : *integrations) {
    const std::string& type = entry.integration->type;
    if (!entry.integration->is_active) continue;
    if (wanted != ",," && wanted.find(',' + type + ',') == std::string::npos) continue;
    triggers[type] = triggers_of(*entry.integration);
  }
  return json_reply(200, JsonObject{{"triggers", std::move(triggers)}});
}

namespace {

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/credentials",
     .operation = "installIntegration",
     .summary = "Connects an account by its fields or a code, as the browser SDK does",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &install_integration,
     .stores = true,
     .parameters = {project_in_path},
     .body = {"{integrationId: string, payload?: object, config?: object, code?: string, "
              "redirectUrl?: string, integrationOptions?: object, "
              "installOptions?: {allowMultipleCredentials?: boolean, selectedCredentialId?: "
              "string, externalId?: string}}"},
     .answers = {{201, "The credential.", "Credential"},
                 {404, "There is no such integration or account.", "Error"},
                 {409, "The integration is switched off; or another account has the `externalId`.",
                  "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/credentials/{credential}/complete-setup",
     .operation = "completeSetup",
     .summary = "What the browser SDK says after a sign-in: accounts are complete by then",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &complete_setup,
     .parameters = {project_in_path,
                    {"credential", "string", "The credential's id or external id.",
                     RouteParameter::In::path}},
     .body =
         {"{integrationId: string, payload?: object, config?: object, installOptions?: object}"},
     .answers = {{200, "The credential.", "Credential"}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/triggers",
     .operation = "listIntegrationTriggers",
     .summary = "The triggers that the active integrations declare",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_integration_triggers,
     .parameters = {project_in_path,
                    {"integrations", "string", "Only of these types, with commas between them."}},
     .answers = {{200, "By the integrations' types.",
                  "{triggers: {[type]: [{type: string, triggerModel: string, title: string, "
                  "description: string, parameters: [any]}]}}"}}},
    {.method = "POST",
     .pattern = "/v2/projects/{project}/sdk/events/trigger",
     .operation = "triggerEventV2",
     .summary = "The same as under /projects",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &trigger_event,
     .parameters = {project_in_path, selected_account_header, selected_configuration_header},
     .body = {"{name: string, payload?: any}"},
     .answers = {{201, "The runs are durable, all or none; an event may start none.",
                  "{executionIds: [string]}"},
                 {404, "The project has no such event.", "Error"}}},
};

}  // namespace

constinit const RouteGroup sdk_routes{
    "Browser SDK", "What the original's browser SDK asks under names of its own.", routes};

}  // namespace millrace
