#include "http/api/projects_api.h"

#include "actors/tenants/project_registry.h"

namespace millrace {
namespace {

JsonObject shown(const ProjectRegistry::Created& created) {
  return {{"id", created.id.text}, {"apiKey", created.api_key}};
}

}  // namespace

Result<Reply> create_project(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto id = string_member(*body, "id");
  if (!id) return id.error();
  const auto name = string_member(*body, "name");
  if (!name) return name.error();
  const auto created = services.projects.create(id->value_or(""), name->value_or(""));
  if (!created) return created.error();
  Reply reply = json_reply(201, shown(*created));
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

Result<Reply> list_projects(const ApiCall&, ApiServices& services) {
  const auto projects = services.projects.list();
  if (!projects) return projects.error();
  JsonArray list;
  for (const auto& id : *projects) list.push_back(JsonObject{{"id", id.text}});
  return json_reply(200, JsonObject{{"projects", std::move(list)}});
}

Result<Reply> rotate_api_key(const ApiCall& call, ApiServices& services) {
  const auto created = services.projects.rotate_api_key(call.project);
  if (!created) return created.error();
  Reply reply = json_reply(200, shown(*created));
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

}  // namespace millrace
