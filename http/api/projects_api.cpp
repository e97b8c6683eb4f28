#include "http/api/projects_api.h"

#include "actors/tenants/project_registry.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
namespace {

JsonObject shown(const ProjectRegistry::Created& created) {
  return {{"id", created.id.text}, {"apiKey", created.api_key}};
}

JsonObject shown(const ProjectId& id, const ProjectRegistry::Described& project) {
  JsonArray origins;
  for (const std::string& origin : project.settings.portal_origins) origins.emplace_back(origin);
  return {{"id", id.text},
          {"name", project.name},
          {"portalOrigins", std::move(origins)},
          {"previewUserId", project.settings.preview_user.text},
          {"retentionDays", project.settings.retention_days}};
}

Outcome read_name(const Json& value, std::string& name) {
  if (!value.is_string() || value.get_string().size() > limits::project_name_bytes_max) {
    return wrong_member("name", "is a text of at most " +
                                    std::to_string(limits::project_name_bytes_max) + " bytes");
  }
  name = value.get_string();
  return Done{};
}

Outcome read_origins(const Json& value, std::vector<std::string>& origins) {
  constexpr std::size_t most = limits::portal_origins_max;
  if (!value.is_array() || value.get_array().size() > most) {
    return wrong_member("portalOrigins",
                        "is a list of at most " + std::to_string(most) + " web origins");
  }
  origins.clear();
  for (const Json& each : value.get_array()) {
    const std::string given = each.is_string() ? std::string(each.get_string()) : std::string();
    std::string origin = origin_of_page(given);
    if (origin.empty() || lower_case(given) != origin) {
      return wrong_member("portalOrigins",
                          "holds web origins: a scheme, a host and, if it is not the usual one, a "
                          "port, such as https://app.example.com");
    }
    if (std::find(origins.begin(), origins.end(), origin) == origins.end()) {
      origins.push_back(std::move(origin));
    }
  }
  return Done{};
}

/// Null: the usual one again.
Outcome read_preview_user(const Json& value, UserId& user) {
  if (value.is_null()) {
    user = ProjectSettings().preview_user;
    return Done{};
  }
  const bool is_id = value.is_string() && !value.get_string().empty() &&
                     value.get_string().size() <= limits::id_bytes_max;
  if (!is_id) {
    return wrong_member("previewUserId", "is the id of a user, of 1 to " +
                                             std::to_string(limits::id_bytes_max) +
                                             " bytes, or null: \"preview\"");
  }
  user = UserId(std::string(value.get_string()));
  return Done{};
}

Outcome read_retention(const Json& value, std::uint32_t& days) {
  constexpr std::int64_t most = limits::retention_days_max;
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > most) {
    return wrong_member("retentionDays", "is a whole number from 1 to " + std::to_string(most) +
                                             ", or 0: runs are kept for ever");
  }
  days = static_cast<std::uint32_t>(value.get_int64());
  return Done{};
}

Outcome apply_change(const JsonObject& body, ProjectRegistry::Described& project) {
  static const std::vector<std::string> known{"name", "portalOrigins", "previewUserId",
                                              "retentionDays"};
  if (auto checked = refuse_others(body, known); !checked) return checked;
  ProjectSettings& settings = project.settings;
  for (const auto& member : body) {
    const Json& value = member.value();
    Outcome read = Done{};
    if (member.key() == "name") read = read_name(value, project.name);
    if (member.key() == "portalOrigins") read = read_origins(value, settings.portal_origins);
    if (member.key() == "previewUserId") read = read_preview_user(value, settings.preview_user);
    if (member.key() == "retentionDays") read = read_retention(value, settings.retention_days);
    if (!read) return read;
  }
  return Done{};
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
  reply.made_project = created->id;
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

Result<Reply> show_project(const ApiCall& call, ApiServices& services) {
  const auto project = services.projects.describe(call.project);
  if (!project) return project.error();
  return json_reply(200, shown(call.project, *project));
}

Result<Reply> change_project(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto changed = services.projects.change(
      call.project,
      [&](ProjectRegistry::Described& project) { return apply_change(*body, project); });
  if (!changed) return changed.error();
  return json_reply(200, shown(call.project, *changed));
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
    {.method = "GET",
     .pattern = "/projects/{project}",
     .operation = "showProject",
     .summary = "A project's name and settings",
     .access = Access::project_or_admin,
     .runs_on = RunsOn::project_shard,
     .handler = &show_project,
     .parameters = {project_in_path},
     .answers = {{200, "The project.", "Project"}, {404, "There is none.", "Error"}}},
    {.method = "PATCH",
     .pattern = "/projects/{project}",
     .operation = "changeProject",
     .summary = "Changes a project's name and settings; what is left out stays",
     .access = Access::project_or_admin,
     .runs_on = RunsOn::project_shard,
     .handler = &change_project,
     .parameters = {project_in_path},
     .body = {"{name?: string, portalOrigins?: [string], previewUserId?: string|null, "
              "retentionDays?: integer}"},
     .answers = {{200, "The project as it is now.", "Project"},
                 {400, "A member is none, or is wrong; nothing is changed.", "Error"},
                 {404, "There is none.", "Error"}}},
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

constexpr NamedShape shapes[]{
    {"Project",
     "{id: string, name: string, portalOrigins: [string], previewUserId: string, "
     "retentionDays: integer}",
     "`portalOrigins`: pages that may show the portal. `previewUserId`: for whom tests run that "
     "name nobody. `retentionDays`: how long executions are kept after their end; 0: for ever."},
};

}  // namespace

constinit const RouteGroup project_routes{"Projects", "The tenants of this instance.", routes,
                                          shapes};

}  // namespace millrace
