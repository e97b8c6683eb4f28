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

namespace {

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects",
     .operation = "createProject",
     .summary = "Makes a project",
     .access = Access::admin_key,
     .runs_on = RunsOn::project_shard,
     .handler = &create_project,
     .body = {"{id?: string, name?: string}", false},
     .answers = {{201, "The project. Its API key is shown this once.",
                  "{id: string, apiKey: string}"},
                 {409, "The id is taken.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects",
     .operation = "listProjects",
     .summary = "All projects",
     .access = Access::admin_key,
     .handler = &list_projects,
     .answers = {{200, "Their ids.", "{projects: [{id: string}]}"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/api-key",
     .operation = "rotateApiKey",
     .summary = "Makes a new API key; the old one stops working",
     .access = Access::project_or_admin,
     .runs_on = RunsOn::project_shard,
     .handler = &rotate_api_key,
     .parameters = {project_in_path},
     .answers = {{200, "The new key, shown this once.", "{id: string, apiKey: string}"},
                 {404, "There is no such project.", "Error"}}},
};

}  // namespace

constinit const RouteGroup project_routes{"Projects", "The tenants of this instance.", routes};

}  // namespace millrace
