#include "actors/accounts/sign_in.h"

#include <utility>

namespace millrace {
namespace {

std::string text_of(const JsonObject& object, std::string_view key) {
  const Json* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

JsonObject object_of(const JsonObject& object, std::string_view key) {
  const Json* const value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : JsonObject();
}

}  // namespace

Json to_json(const SignIn& sign_in) {
  JsonArray scopes;
  for (const std::string& scope : sign_in.scopes) scopes.emplace_back(scope);
  JsonArray choices;
  for (const auto& choice : sign_in.choices) {
    choices.push_back(JsonObject{
        {"providerId", choice.provider_id}, {"name", choice.name}, {"kept", choice.kept}});
  }
  JsonObject object{{"stage", static_cast<int>(sign_in.stage)},
                    {"project", sign_in.project.text},
                    {"user", sign_in.user.text},
                    {"integration", sign_in.integration},
                    {"inputs", sign_in.inputs},
                    {"returnTo", sign_in.return_to},
                    {"redirectUri", sign_in.redirect_uri},
                    {"verifier", sign_in.verifier},
                    {"browser", sign_in.browser},
                    {"fields", sign_in.fields},
                    {"scopes", std::move(scopes)},
                    {"providerId", sign_in.provider_id},
                    {"kept", sign_in.kept},
                    {"choices", std::move(choices)}};
  if (sign_in.settings) object["settings"] = *sign_in.settings;
  if (!sign_in.again.empty()) object["again"] = sign_in.again;
  if (!sign_in.external_id.empty()) object["externalId"] = sign_in.external_id;
  if (!sign_in.key.empty()) object["key"] = sign_in.key;
  if (sign_in.user_since) object["userSince"] = sign_in.user_since->time_since_epoch().count();
  return object;
}

Result<SignIn> sign_in_of(const Json& value) {
  const auto* const object = value.if_object();
  const Json* const stage = object == nullptr ? nullptr : object->if_contains("stage");
  if (stage == nullptr || !stage->is_int64()) {
    return Error(ErrorCode::corrupt_data, "a stored sign-in says nothing of its stage");
  }
  SignIn sign_in;
  sign_in.stage = static_cast<SignIn::Stage>(stage->get_int64());
  sign_in.project = ProjectId(text_of(*object, "project"));
  sign_in.user = UserId(text_of(*object, "user"));
  sign_in.integration = text_of(*object, "integration");
  if (object->contains("settings")) sign_in.settings = object_of(*object, "settings");
  sign_in.inputs = object_of(*object, "inputs");
  sign_in.return_to = text_of(*object, "returnTo");
  sign_in.again = text_of(*object, "again");
  sign_in.external_id = text_of(*object, "externalId");
  sign_in.key = text_of(*object, "key");
  if (const Json* const since = object->if_contains("userSince"); since && since->is_int64()) {
    sign_in.user_since = Instant(Millis(since->get_int64()));
  }
  sign_in.redirect_uri = text_of(*object, "redirectUri");
  sign_in.verifier = text_of(*object, "verifier");
  sign_in.browser = text_of(*object, "browser");
  sign_in.fields = object_of(*object, "fields");
  sign_in.provider_id = text_of(*object, "providerId");
  sign_in.kept = object_of(*object, "kept");
  if (const Json* const scopes = object->if_contains("scopes"); scopes && scopes->is_array()) {
    for (const Json& scope : scopes->get_array()) {
      if (scope.is_string()) sign_in.scopes.emplace_back(scope.get_string());
    }
  }
  if (const Json* const list = object->if_contains("choices"); list && list->is_array()) {
    for (const Json& each : list->get_array()) {
      if (!each.is_object()) continue;
      const JsonObject& choice = each.get_object();
      sign_in.choices.push_back(
          {text_of(choice, "providerId"), text_of(choice, "name"), object_of(choice, "kept")});
    }
  }
  return sign_in;
}

}  // namespace millrace
