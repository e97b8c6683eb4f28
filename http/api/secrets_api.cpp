#include "http/api/secrets_api.h"

#include "actors/tenants/secret_registry.h"

namespace millrace {

Result<Reply> list_secrets(const ApiCall& call, ApiServices& services) {
  const auto secrets = services.secrets.names(call.project);
  if (!secrets) return secrets.error();
  JsonArray list;
  for (const auto& secret : *secrets) {
    list.push_back(JsonObject{{"name", secret.name},
                              {"dateUpdated", to_text(secret.updated)},
                              {"isLocked", secret.is_locked}});
  }
  return json_reply(200, JsonObject{{"secrets", std::move(list)}});
}

Result<Reply> put_secret(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto value = string_member(*body, "value");
  if (!value) return value.error();
  if (!value->has_value()) {
    return Error(ErrorCode::invalid_request, "the body must be {\"value\": \"the secret\"}");
  }
  const std::string& name = call.path_value("name");
  const auto stored = services.secrets.put(call.project, name, **value);
  if (!stored) return stored.error();
  return json_reply(*stored == Stored::created ? 201 : 200, JsonObject{{"name", name}});
}

Result<Reply> delete_secret(const ApiCall& call, ApiServices& services) {
  const auto removed = services.secrets.remove(call.project, call.path_value("name"));
  if (!removed) return removed.error();
  return no_content();
}

namespace {

constexpr RouteParameter secret_in_path{"name", "string", "The secret's name.",
                                        RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/secrets",
     .operation = "listSecrets",
     .summary = "The secrets' names; their values are never shown",
     .access = Access::project_key,
     .handler = &list_secrets,
     .parameters = {project_in_path},
     .answers = {{200, "The names. A locked one does not open with the server's key.",
                  "{secrets: [{name: string, dateUpdated: date, isLocked: boolean}]}"}}},
    {.method = "PUT",
     .pattern = "/projects/{project}/secrets/{name}",
     .operation = "putSecret",
     .summary = "Creates or replaces a secret",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_secret,
     .stores = true,
     .parameters = {project_in_path, secret_in_path},
     .body = {"{value: string}"},
     .answers = {{200, "Replaced.", "{name: string}"}, {201, "Created.", "{name: string}"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/secrets/{name}",
     .operation = "deleteSecret",
     .summary = "Removes a secret; runs that need it fail from now on",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_secret,
     .parameters = {project_in_path, secret_in_path},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
};

}  // namespace

constinit const RouteGroup secret_routes{"Secrets", "What `{{secrets.NAME}}` stands for.", routes};

}  // namespace millrace
