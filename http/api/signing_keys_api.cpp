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

}  // namespace millrace
