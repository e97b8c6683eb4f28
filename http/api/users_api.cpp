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
  if (!user) return user.error();
  const auto known = services.integrations.list(call.project);
  if (!known) return known.error();
  JsonObject integrations;
  for (const auto& entry : *known) {
    if (!entry.integration->is_active) continue;
    const std::string& type = entry.integration->type;
    const auto credential = services.credentials.find(call.project, call.user, type);
    if (!credential) return credential.error();
    integrations[type] = shown(*credential);
  }
  return json_reply(200, JsonObject{{"userId", call.user.text},
                                    {"meta", *user == nullptr ? JsonObject() : (*user)->meta},
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
  UserRegistry::PageQuery query;
  query.limit = limits::users_page_max;
  // A page that follows another one begins behind its last user, however far that is.
  if (const auto after = call.query_value("after"); after && !after->empty()) {
    query.after = UserId(*after);
  } else {
    query.offset = *offset;
  }
  const auto page = services.users.list(call.project, query);
  if (!page) return page.error();
  JsonArray list;
  for (const auto& user : page->users) list.push_back(shown(*user));
  Json next_link(nullptr);
  if (page->has_more && !page->users.empty()) {
    next_link = page_link(call, services.options, *offset + page->users.size(),
                          page->users.back()->id.text);
  }
  return json_reply(200, JsonObject{{"users", std::move(list)},
                                    {"nextLink", std::move(next_link)},
                                    {"total", page->total}});
}

Result<Reply> change_user(const ApiCall& call, ApiServices& services) {
  const auto change = read_change(call, {"meta", "disabled"});
  if (!change) return change.error();
  const auto user = services.users.change(call.project, UserId(call.path_value("user")), *change);
  if (!user) return user.error();
  return json_reply(200, shown(**user));
}

}  // namespace millrace
