#include "http/api/integrations_api.h"

#include "actors/tenants/integration_registry.h"
#include "http/api/hooks_api.h"
#include "runtime/reading/strict_json.h"

namespace millrace {
namespace {

JsonObject outline(const IntegrationRegistry::Entry& entry) {
  return {{"type", entry.integration->type},
          {"name", entry.integration->name},
          {"isActive", entry.integration->is_active},
          {"dateUpdated", to_text(entry.updated)}};
}

Result<Reply> show(const ApiCall& call, ApiServices& services, int status) {
  const auto entry = services.integrations.get(call.project, call.path_value("type"));
  if (!entry) return entry.error();
  JsonObject body = outline(*entry);
  body["definition"] = entry->integration->definition;
  auto urls = webhook_urls(call, services, *entry->integration);
  if (!urls) return urls.error();
  body["webhooks"] = std::move(*urls);
  return json_reply(status, std::move(body));
}

}  // namespace

Outcome check_code_of(const std::string& type, const Json& definition,
                      const ApiServices& services) {
  if (!services.check_code) return Done{};
  const auto compiled = compile_integration(type, definition);
  if (!compiled) return Done{};  // whoever puts it is told by that
  return services.check_code(**compiled);
}

Result<Reply> list_integrations(const ApiCall& call, ApiServices& services) {
  const auto integrations = services.integrations.list(call.project);
  if (!integrations) return integrations.error();
  JsonArray list;
  for (const auto& entry : *integrations) list.push_back(outline(entry));
  return json_reply(200, JsonObject{{"integrations", std::move(list)}});
}

Result<Reply> put_integration(const ApiCall& call, ApiServices& services) {
  const auto definition = parse_strict_json(call.http.body);
  if (!definition) return definition.error();
  if (auto checked = check_code_of(call.path_value("type"), *definition, services); !checked) {
    return checked.error();
  }
  const auto stored = services.integrations.put(call.project, call.path_value("type"), *definition);
  if (!stored) return stored.error();
  return show(call, services, *stored == Stored::created ? 201 : 200);
}

Result<Reply> get_integration(const ApiCall& call, ApiServices& services) {
  return show(call, services, 200);
}

Result<Reply> delete_integration(const ApiCall& call, ApiServices& services) {
  const auto removed = services.integrations.remove(call.project, call.path_value("type"));
  if (!removed) return removed.error();
  return no_content();
}

namespace {

constexpr RouteParameter type_in_path{"type", "string", "The integration's type, e.g. `slack`.",
                                      RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/integrations",
     .operation = "listIntegrations",
     .summary = "All integrations, without their definitions",
     .access = Access::project_key,
     .handler = &list_integrations,
     .parameters = {project_in_path},
     .answers = {{200, "The integrations.",
                  "{integrations: [{type: string, name: string, isActive: boolean, "
                  "dateUpdated: date}]}"}}},
    {.method = "PUT",
     .pattern = "/projects/{project}/integrations/{type}",
     .operation = "putIntegration",
     .summary = "Creates or replaces an integration",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_integration,
     .stores = true,
     .parameters = {project_in_path, type_in_path},
     .body = {"object"},
     .answers = {{200, "Replaced.", "Integration"},
                 {201, "Created.", "Integration"},
                 {400, "Every finding about the definition.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/integrations/{type}",
     .operation = "getIntegration",
     .summary = "One integration with its definition",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,  // a URL is made when it is first shown
     .handler = &get_integration,
     .parameters = {project_in_path, type_in_path},
     .answers = {{200, "The integration.", "Integration"}, {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/integrations/{type}",
     .operation = "deleteIntegration",
     .summary = "Removes an integration; users' accounts stay for when it is put again",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_integration,
     .parameters = {project_in_path, type_in_path},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"Integration",
     "{type: string, name: string, isActive: boolean, dateUpdated: date, definition: object, "
     "webhooks: {[name]: HookUrl}}",
     "An integration; `definition` is as it was put, `webhooks` has the URLs of those that serve "
     "all "
     "accounts."},
};

}  // namespace

constinit const RouteGroup integration_routes{
    "Integrations", "Third parties that workflows speak to.", routes, shapes};

}  // namespace millrace
