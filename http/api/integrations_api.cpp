#include "http/api/integrations_api.h"

#include "actors/tenants/integration_registry.h"

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
  return json_reply(status, std::move(body));
}

}  // namespace

Result<Reply> list_integrations(const ApiCall& call, ApiServices& services) {
  const auto integrations = services.integrations.list(call.project);
  if (!integrations) return integrations.error();
  JsonArray list;
  for (const auto& entry : *integrations) list.push_back(outline(entry));
  return json_reply(200, JsonObject{{"integrations", std::move(list)}});
}

Result<Reply> put_integration(const ApiCall& call, ApiServices& services) {
  const auto definition = parse_json(call.http.body);
  if (!definition) return definition.error();
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

}  // namespace millrace
