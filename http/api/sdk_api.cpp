#include "http/api/sdk_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "http/api/credentials_api.h"
#include "http/api/events_api.h"

namespace millrace {
namespace {

/// What the original takes here and nothing of it exists.
Outcome refuse_code(const JsonObject& body) {
  if (!body.contains("code")) return Done{};
  return wrong_member("code", "is not taken here: accounts of OAuth are connected by a sign-in");
}

struct InstallOptions {
  bool may_add = false;  // one more account of the same integration
  std::string again;     // the account to be connected again
};

Result<InstallOptions> read_options(const JsonObject& body) {
  InstallOptions options;
  const Json* const given = body.if_contains("installOptions");
  if (given == nullptr) return options;
  if (!given->is_object()) return wrong_member("installOptions", "must be an object");
  const JsonObject& members = given->get_object();
  if (const Json* const may_add = members.if_contains("allowMultipleCredentials")) {
    if (!may_add->is_bool()) {
      return wrong_member("installOptions/allowMultipleCredentials", "must be true or false");
    }
    options.may_add = may_add->get_bool();
  }
  auto again = string_member(members, "selectedCredentialId");
  if (!again) return again.error();
  options.again = again->value_or("");
  const auto external = string_member(members, "externalId");
  if (!external) return external.error();
  if (*external) {
    return wrong_member("installOptions/externalId",
                        "is not supported: an account has one configuration");
  }
  return options;
}

/// The answers to the inputs that the integration asks for, which are its secret fields.
Result<JsonObject> read_fields(const JsonObject& body) {
  const Json* const payload = body.if_contains("payload");
  if (payload == nullptr) return JsonObject();
  if (!payload->is_object()) return wrong_member("payload", "must be an object");
  JsonObject fields = payload->get_object();
  fields.erase("skipPostOAuthInputs");  // the SDK's own note
  return fields;
}

}  // namespace

Result<Reply> install_integration(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"integrationId", "config", "payload", "installOptions",
                                         "code", "redirectUrl", "integrationOptions"});
      !known) {
    return known.error();
  }
  if (auto refused = refuse_code(*body); !refused) return refused.error();
  const auto integration = string_member(*body, "integrationId");
  if (!integration) return integration.error();
  if (!*integration) return wrong_member("integrationId", "is missing: which integration is it?");
  auto fields = read_fields(*body);
  if (!fields) return fields.error();
  auto options = read_options(*body);
  if (!options) return options.error();
  if (options->again.empty() && !options->may_add) {
    const auto account = services.credentials.find(call.project, call.user, **integration);
    if (!account) return account.error();
    if (*account != nullptr) options->again = (*account)->id;
  }
  const auto connected =
      services.credentials.connect(call.project, call.user, **integration,
                                   {std::move(*fields), {}, {}, std::move(options->again)});
  if (!connected) return connected.error();
  return credential_reply(call, services, 201, **connected);
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
     .summary = "Connects an account by its fields, as the browser SDK does",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &install_integration,
     .parameters = {project_in_path},
     .body = {"{integrationId: string, payload?: object, config?: object, "
              "installOptions?: {allowMultipleCredentials?: boolean, selectedCredentialId?: "
              "string}}"},
     .answers = {{201, "The credential.", "Credential"},
                 {404, "There is no such integration or account.", "Error"},
                 {409, "The integration is switched off.", "Error"}}},
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
     .parameters = {project_in_path,
                    {"X-Paragon-Credential", "string", "Only on this account, by its id.",
                     RouteParameter::In::header}},
     .body = {"{name: string, payload?: any}"},
     .answers = {{201, "The runs are durable, all or none; an event may start none.",
                  "{executionIds: [string]}"},
                 {404, "The project has no such event.", "Error"}}},
};

}  // namespace

constinit const RouteGroup sdk_routes{
    "Browser SDK", "What the original's browser SDK asks under names of its own.", routes};

}  // namespace millrace
