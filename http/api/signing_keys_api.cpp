#include "http/api/signing_keys_api.h"

#include "actors/tenants/project_registry.h"
#include "http/auth/signing_key.h"

namespace millrace {

Result<Reply> list_signing_keys(const ApiCall& call, ApiServices& services) {
  const auto keys = services.projects.signing_keys(call.project);
  if (!keys) return keys.error();
  JsonArray list;
  if (*keys != nullptr) {
    for (const auto& key : (*keys)->keys) {
      list.push_back(JsonObject{{"kid", key.kid.text}, {"pem", key.pem}});
    }
  }
  return json_reply(200, JsonObject{{"signingKeys", std::move(list)}});
}

Result<Reply> put_signing_key(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto pem = string_member(*body, "pem");
  if (!pem) return pem.error();
  if (!pem->has_value()) {
    return Error(ErrorCode::invalid_request,
                 "the body must be {\"pem\": \"-----BEGIN PUBLIC KEY…\"}");
  }
  // Before anything is stored: a key that cannot be used must never be found at verification.
  const auto key = parse_public_key(**pem);
  if (!key) return key.error();
  const SigningKeyId kid(call.path_value("kid"));
  const auto put = services.projects.put_signing_key(call.project, kid, **pem);
  if (!put) return put.error();
  return json_reply(200, JsonObject{{"kid", kid.text}});
}

Result<Reply> delete_signing_key(const ApiCall& call, ApiServices& services) {
  const auto removed =
      services.projects.remove_signing_key(call.project, SigningKeyId(call.path_value("kid")));
  if (!removed) return removed.error();
  return no_content();
}

namespace {

constexpr RouteParameter key_in_path{"kid", "string", "The key's name, as in a token's header.",
                                     RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/signing-keys",
     .operation = "listSigningKeys",
     .summary = "The public keys that verify user tokens",
     .access = Access::project_key,
     .handler = &list_signing_keys,
     .parameters = {project_in_path},
     .answers = {{200, "The keys.", "{signingKeys: [{kid: string, pem: string}]}"}}},
    {.method = "PUT",
     .pattern = "/projects/{project}/signing-keys/{kid}",
     .operation = "putSigningKey",
     .summary = "Adds a key or replaces the one of that name",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_signing_key,
     .stores = true,
     .parameters = {project_in_path, key_in_path},
     .body = {"{pem: string}"},
     .answers = {{200, "Its tokens are accepted.", "{kid: string}"},
                 {400, "It is no RSA public key of 2048 to 8192 bits.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/signing-keys/{kid}",
     .operation = "deleteSigningKey",
     .summary = "Removes a key; its tokens are refused from now on",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_signing_key,
     .parameters = {project_in_path, key_in_path},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
};

}  // namespace

constinit const RouteGroup signing_key_routes{
    "Signing keys", "They verify the tokens of a project's users.", routes};

}  // namespace millrace
