#include "http/api/users_api.h"

#include "actors/gateway/user_eraser.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/user_registry.h"
#include "actors/test_runs/test_runs.h"
#include "http/api/history_query.h"
#include "http/api/resources_api.h"
#include "http/api/sdk_shapes.h"
#include "http/api/user_offer.h"
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

/// What the application says of a user takes room; removing it, and switching the user off, takes none.
Outcome require_room_for(const UserRegistry::Change& change, const ApiCall& call,
                         const ApiServices& services) {
  if (!change.meta) return Done{};
  const bool adds = std::any_of(change.meta->begin(), change.meta->end(),
                                [](const auto& member) { return !member.value().is_null(); });
  return adds ? require_room(call, services) : Outcome(Done{});
}

}  // namespace

Result<Reply> show_me(const ApiCall& call, ApiServices& services) {
  const auto user = services.users.find(call.project, call.user);
  if (!user) return user.error();
  const auto known = services.integrations.list(call.project);
  if (!known) return known.error();
  const auto offer = UserOffer::read(call, services);
  if (!offer) return offer.error();
  auto resources = resources_of_user(call, services);
  if (!resources) return resources.error();
  JsonObject integrations;
  for (const auto& entry : *known) {
    if (!entry.integration->is_active) continue;
    const std::string& type = entry.integration->type;
    const auto accounts = services.credentials.list(call.project, call.user, type);
    if (!accounts) return accounts.error();
    const auto chosen = services.credentials.find(call.project, call.user, type);
    if (!chosen) return chosen.error();
    integrations[type] = state_shape(*accounts, chosen->get(), offer->of(type));
  }
  return json_reply(
      200,
      JsonObject{{"userId", call.user.text},
                 {"meta", *user == nullptr ? JsonObject() : (*user)->meta},
                 {"project", JsonObject{{"id", call.project.text},
                                        {"accessibleFeatures", JsonArray{"headless-cp", "dfm"}}}},
                 {"resources", std::move(*resources)},
                 {"integrations", std::move(integrations)}});
}

Result<Reply> change_me(const ApiCall& call, ApiServices& services) {
  const auto change = read_change(call, {"meta"});
  if (!change) return change.error();
  if (auto room = require_room_for(*change, call, services); !room) return room.error();
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
  if (auto room = require_room_for(*change, call, services); !room) return room.error();
  const auto user = services.users.change(call.project, UserId(call.path_value("user")), *change);
  if (!user) return user.error();
  return json_reply(200, shown(**user));
}

Result<Reply> erase_user(const ApiCall& call, ApiServices& services) {
  const UserId user(call.path_value("user"));
  const auto erased = services.eraser.erase(call.project, user);
  if (!erased) return erased.error();
  services.tests.outputs().forget_all();  // some may be of tests for that user
  if (!*erased) return json_reply(202, JsonObject{{"userId", user.text}, {"status", "erasing"}});
  return json_reply(200, JsonObject{{"userId", user.text},
                                    {"status", "erased"},
                                    {"runs", (*erased)->runs},
                                    {"accounts", (*erased)->accounts}});
}

namespace {

constexpr Route own_routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/me",
     .operation = "showMe",
     .summary = "The calling user",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &show_me,
     .parameters = {project_in_path},
     .answers = {{200, "The user.", "Me"}}},
    {.method = "PATCH",
     .pattern = "/projects/{project}/sdk/me",
     .operation = "changeMe",
     .summary = "Changes the calling user's `meta`",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &change_me,
     .parameters = {project_in_path},
     .body = {"{meta?: object}", false},
     .answers = {{200, "The user.", "Me"}}},
};

constexpr NamedShape own_shapes[]{
    {"Me",
     "{userId: string, meta: object, project: {id: string, accessibleFeatures: [string]}, "
     "resources: [any], integrations: {[type]: {enabled: boolean, allCredentials: [Credential], "
     "credentialId?: string, credentialStatus?: \"VALID\"|\"INVALID\", credentialStatusReason?: "
     "string, credentialConfigId?: string, providerId?: string, providerData?: any, "
     "sharedSettings?: object, workflowSettings?: {[workflowId]: ConfiguredWorkflow}, "
     "configuredWorkflows?: {[workflowId]: ConfiguredWorkflow}, configMeta?: object, "
     "externalId?: null}}}",
     "The calling user with, per integration, all accounts and what the first valid one is set "
     "to."},
};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/users",
     .operation = "listUsers",
     .summary = "The project's users in the order of their ids, 100 at a time",
     .access = Access::project_key,
     .handler = &list_users,
     .parameters = {project_in_path,
                    offset_in_query,
                    {"after", "string", "The page behind this user, as `nextLink` has it."}},
     .answers = {{200, "A page.", "{users: [User], nextLink: string|null, total: integer}"}}},
    {.method = "PATCH",
     .pattern = "/projects/{project}/users/{user}",
     .operation = "changeUser",
     .summary = "Changes a user; nothing starts for a disabled one",
     .access = Access::project_key,
     .runs_on = RunsOn::user_shard,
     .handler = &change_user,
     .parameters = {project_in_path, user_in_path},
     .body = {"{meta?: object, disabled?: boolean}", false},
     .answers = {{200, "The user.", "User"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/users/{user}",
     .operation = "eraseUser",
     .summary = "Erases a user: runs with all that is in them, accounts, and the user; runs that "
                "go on are cancelled first",
     .access = Access::project_key,
     .runs_on = RunsOn::user_shard,
     .handler = &erase_user,
     .parameters = {project_in_path, user_in_path},
     .answers = {{200, "Nothing is left.",
                  "{userId: string, status: \"erased\", runs: integer, accounts: integer}"},
                 {202,
                  "The wish is durable; runs have not all ended yet. Asked again, it is 404 "
                  "once nothing is left.",
                  "{userId: string, status: \"erasing\"}"},
                 {404, "Nothing is known of the user.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"User", "{userId: string, meta: object, disabled: boolean, dateFirstSeen: date}",
     "A connected user."},
};

}  // namespace

constinit const RouteGroup me_routes{"Me", "What users see and change of themselves.", own_routes,
                                     own_shapes};

constinit const RouteGroup user_routes{
    "Users", "The users of a project's application, as its backend sees them.", routes, shapes};

}  // namespace millrace
