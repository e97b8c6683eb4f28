#include "http/api/resources_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "http/api/credentials_api.h"
#include "http/api/hooks_api.h"
#include "http/api/integrations_api.h"
#include "runtime/integrations/resource.h"
#include "runtime/reading/strict_json.h"

namespace millrace {
namespace {

JsonObject outline(const IntegrationRegistry::Entry& entry) {
  const Integration& resource = *entry.integration;
  return {{"name", own_name(resource.type)},
          {"level", is_of_project(resource) ? "app" : "user"},
          {"isActive", resource.is_active},
          {"dateUpdated", to_text(entry.updated)}};
}

Result<Reply> show(const ApiCall& call, ApiServices& services, int status) {
  const auto entry = services.resources.get(call.project, call.path_value("resource"));
  if (!entry) return entry.error();
  JsonObject body = outline(*entry);
  body["definition"] = entry->integration->definition;
  auto urls = webhook_urls(call, services, *entry->integration);
  if (!urls) return urls.error();
  body["webhooks"] = std::move(*urls);
  return json_reply(status, std::move(body));
}

/// The browser SDK sends the secret fields as they are, others send them under `credentials`.
JsonObject with_credentials(JsonObject body) {
  for (const char* const key : {"credentials", "settings", "providerId"}) {
    if (body.contains(key)) return body;
  }
  return {{"credentials", std::move(body)}};
}

}  // namespace

Result<Reply> list_resources(const ApiCall& call, ApiServices& services) {
  const auto resources = services.resources.list(call.project);
  if (!resources) return resources.error();
  JsonArray list;
  for (const auto& entry : *resources) list.push_back(outline(entry));
  return json_reply(200, JsonObject{{"resources", std::move(list)}});
}

Result<Reply> put_resource(const ApiCall& call, ApiServices& services) {
  const auto definition = parse_strict_json(call.http.body);
  if (!definition) return definition.error();
  const std::string type = resource_type(call.path_value("resource"));
  if (auto checked = check_code_of(type, *definition, services); !checked) return checked.error();
  const auto stored =
      services.resources.put(call.project, call.path_value("resource"), *definition);
  if (!stored) return stored.error();
  return show(call, services, *stored == Stored::created ? 201 : 200);
}

Result<Reply> get_resource(const ApiCall& call, ApiServices& services) {
  return show(call, services, 200);
}

Result<Reply> delete_resource(const ApiCall& call, ApiServices& services) {
  const auto removed = services.resources.remove(call.project, call.path_value("resource"));
  if (!removed) return removed.error();
  return no_content();
}

Result<Reply> rotate_resource_hook(const ApiCall& call, ApiServices& services) {
  const auto entry = services.resources.get(call.project, call.path_value("resource"));
  if (!entry) return entry.error();
  return rotate_app_hook(call, services, *entry->integration);
}

Result<Reply> connect_resource(const ApiCall& call, ApiServices& services) {
  auto body = json_object_body(call);
  if (!body) return body.error();
  const auto entry = services.resources.get(call.project, call.path_value("resource"));
  if (!entry) return entry.error();
  return connect_with(call, services, *entry->integration, with_credentials(std::move(*body)));
}

Result<JsonArray> resources_of_user(const ApiCall& call, ApiServices& services) {
  const auto resources = services.resources.list(call.project);
  if (!resources) return resources.error();
  JsonArray list;
  for (const auto& entry : *resources) {
    const std::string& type = entry.integration->type;
    if (!entry.integration->is_active) continue;
    const auto account = services.credentials.find(call.project, call.user, type);
    if (!account) return account.error();
    list.push_back(
        JsonObject{{"id", own_name(type)},
                   {"slug", own_name(type)},
                   {"integrationId", type},
                   {"credentialId", *account == nullptr ? Json(nullptr) : Json((*account)->id)}});
  }
  return list;
}

namespace {

constexpr RouteParameter resource_in_path{"resource", "string", "The resource's name, e.g. `api`.",
                                          RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/resources",
     .operation = "listResources",
     .summary = "All resources, without their definitions",
     .access = Access::project_key,
     .handler = &list_resources,
     .parameters = {project_in_path},
     .answers = {{200, "The resources.",
                  "{resources: [{name: string, level: \"app\"|\"user\", isActive: boolean, "
                  "dateUpdated: date}]}"}}},
    {.method = "PUT",
     .pattern = "/projects/{project}/resources/{resource}",
     .operation = "putResource",
     .summary = "Creates or replaces a resource",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_resource,
     .stores = true,
     .parameters = {project_in_path, resource_in_path},
     .body = {"object"},
     .answers = {{200, "Replaced.", "Resource"},
                 {201, "Created.", "Resource"},
                 {400, "Every finding about the definition.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/resources/{resource}",
     .operation = "getResource",
     .summary = "One resource with its definition",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,  // a URL is made when it is first shown
     .handler = &get_resource,
     .parameters = {project_in_path, resource_in_path},
     .answers = {{200, "The resource.", "Resource"}, {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/resources/{resource}",
     .operation = "deleteResource",
     .summary = "Removes a resource; users' accounts stay for when it is put again",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_resource,
     .parameters = {project_in_path, resource_in_path},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/resources/{resource}/webhooks/{webhook}/rotate",
     .operation = "rotateResourceWebhook",
     .summary = "Gives a webhook of a resource of level `app` another URL",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &rotate_resource_hook,
     .parameters = {project_in_path,
                    resource_in_path,
                    {"webhook", "string", "The webhook's name.", RouteParameter::In::path}},
     .answers = {{200, "Where it is called now.", "{url: string}"},
                 {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/resources/{resource}/connect",
     .operation = "connectResource",
     .summary = "Connects the calling user's account of a resource of level `user`",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &connect_resource,
     .stores = true,
     .parameters = {project_in_path, resource_in_path},
     .body = {"{credentials?: object, providerId?: string, settings?: object}|object", false},
     .answers = {{201, "The credential; connected again, it is the same one.", "Credential"},
                 {400, "The fields or settings do not fit, or its level is `app`.", "Error"},
                 {404, "There is no such resource.", "Error"},
                 {409, "The resource is switched off.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"Resource",
     "{name: string, level: \"app\"|\"user\", isActive: boolean, dateUpdated: date, "
     "definition: object, webhooks: {[name]: HookUrl}}",
     "A resource; `definition` is as it was put, `webhooks` has the URLs of one of level `app`."},
};

}  // namespace

constinit const RouteGroup resource_routes{
    "Resources", "The company's own API, which workflows call and are started by.", routes, shapes};

}  // namespace millrace
