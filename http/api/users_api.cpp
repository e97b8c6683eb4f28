#include "http/api/users_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/user_registry.h"
#include "http/api/history_query.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

JsonObject shown(const ConnectedUser& user) {
  return {{"userId", user.id.text},
          {"meta", user.meta},
          {"disabled", user.is_disabled},
          {"dateFirstSeen", to_text(user.first_seen)}};
}

JsonObject shown(const SharedCredential& credential) {
  if (credential == nullptr) return {{"enabled", false}};
  return {{"enabled", true},
          {"credentialId", credential->id},
          {"credentialStatus", credential->is_valid ? "VALID" : "INVALID"},
          {"configuredWorkflows", credential->configured_workflows}};
}

/// `known` are the members that the caller may write.
Result<UserRegistry::Change> read_change(const ApiCall& call,
                                         const std::vector<std::string>& known) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  UserRegistry::Change change;
  for (const auto& member : *body) {
    const std::string key(member.key());
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return wrong_member(key, "is not known here", nearest_name(key, known));
    }
    if (key == "meta") {
      if (!member.value().is_object()) return wrong_member(key, "must be an object");
      change.meta = member.value().get_object();
    } else {
      if (!member.value().is_bool()) return wrong_member(key, "must be true or false");
      change.is_disabled = member.value().get_bool();
    }
  }
  return change;
}

}  // namespace

Result<Reply> show_me(const ApiCall& call, ApiServices& services) {
  const auto user = services.users.find(call.project, call.user);
  JsonObject integrations;
  for (const auto& entry : services.integrations.list(call.project)) {
    if (!entry.integration->is_active) continue;
    const std::string& type = entry.integration->type;
    integrations[type] = shown(services.credentials.find(call.project, call.user, type));
  }
  return json_reply(200, JsonObject{{"userId", call.user.text},
                                    {"meta", user == nullptr ? JsonObject() : user->meta},
                                    {"integrations", std::move(integrations)}});
}

Result<Reply> change_me(const ApiCall& call, ApiServices& services) {
  const auto change = read_change(call, {"meta"});
  if (!change) return change.error();
  const auto changed = services.users.change(call.project, call.user, *change);
  if (!changed) return changed.error();
  return show_me(call, services);
}

Result<Reply> list_users(const ApiCall& call, ApiServices& services) {
  const auto offset = read_offset(call);
  if (!offset) return offset.error();
  const auto page = services.users.list(call.project, *offset, limits::users_page_max);
  JsonArray list;
  for (const auto& user : page.users) list.push_back(shown(*user));
  const std::size_t next = *offset + page.users.size();
  const bool has_more = !page.users.empty() && next < page.total;
  return json_reply(
      200, JsonObject{{"users", std::move(list)},
                      {"nextLink",
                       has_more ? Json(page_link(call, services.options, next)) : Json(nullptr)},
                      {"total", page.total}});
}

Result<Reply> change_user(const ApiCall& call, ApiServices& services) {
  const auto change = read_change(call, {"meta", "disabled"});
  if (!change) return change.error();
  const auto user = services.users.change(call.project, UserId(call.path_value("user")), *change);
  if (!user) return user.error();
  return json_reply(200, shown(**user));
}

}  // namespace millrace
