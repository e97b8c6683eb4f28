#include "http/api/sdk_oauth_api.h"

#include "actors/tenants/credential_registry.h"
#include "http/api/install_options.h"
#include "http/api/oauth_api.h"
#include "http/api/sign_in_pages.h"
#include "runtime/oauth/oauth_client.h"

#include <utility>

namespace millrace {
namespace {

/// A parameter that is a JSON object in one text.
Result<JsonObject> object_in_query(const ApiCall& call, const std::string& name) {
  const auto text = call.query_value(name);
  if (!text || text->empty()) return JsonObject();
  auto value = parse_json(*text);
  if (value && value->is_object()) return std::move(value->get_object());
  return wrong_member(name, "must be a JSON object");
}

/// The only one that there is: whoever wants the code for a page of his own redeems it himself.
Outcome check_redirect(const ApiCall& call, const ApiServices& services) {
  const auto given = call.query_value("redirectUrl");
  if (!given || given->empty()) return Done{};
  const auto own = redirect_uri_of(call, services);
  if (!own) return own.error();
  if (*given == *own) return Done{};
  return wrong_member("redirectUrl", "is not taken: providers send browsers back to " + *own +
                                         "; with a code of your own, see completeInstall");
}

}  // namespace

Result<Reply> show_nonce_page(const ApiCall& call, ApiServices&) {
  const std::string origin = origin_of_page(call.query_value("originForPostMessage").value_or(""));
  if (origin.empty()) {
    return wrong_member("originForPostMessage", "must be the origin of the page that opened it");
  }
  return nonce_page(origin, random_nonce());
}

Result<Reply> build_oauth(const ApiCall& call, ApiServices& services) {
  const auto integration = call.query_value("integrationId");
  if (!integration || integration->empty()) {
    return wrong_member("integrationId", "is missing: which integration is it?");
  }
  if (auto checked = check_redirect(call, services); !checked) return checked.error();
  auto inputs = object_in_query(call, "endUserSuppliedValues");
  if (!inputs) return inputs.error();
  const auto given = object_in_query(call, "installOptions");
  if (!given) return given.error();
  auto options = read_install_options(*given);
  if (!options) return options.error();
  auto again = account_to_install(call, services, *integration, *options);
  if (!again) return again.error();
  auto wish = wish_of(call, services, *integration);
  if (!wish) return wish.error();
  wish->inputs = std::move(*inputs);
  wish->again = std::move(*again);
  wish->external_id = std::move(options->external_id);
  wish->key = call.query_value("oauthMetaKeyId").value_or("");
  auto url = ticket_url(call, services, *wish);
  if (!url) return url.error();
  return json_reply(200, JsonObject{{"redirectUrl", std::move(*url)}});
}

Result<Reply> show_sign_in_session(const ApiCall& call, ApiServices& services) {
  const std::string& key = call.path_value("key");
  const auto accounts = services.credentials.list(call.project, call.user);
  if (!accounts) return accounts.error();
  for (const auto& account : *accounts) {
    if (key.empty() || account->sign_in_key != key) continue;
    return json_reply(200, JsonObject{{"connectCredentialId", account->id}});
  }
  return json_reply(200, nullptr);
}

Result<Reply> forget_sign_in_session(const ApiCall& call, ApiServices& services) {
  const auto forgotten =
      services.credentials.forget_sign_in({call.project, call.user}, call.path_value("key"));
  if (!forgotten) return forgotten.error();
  return no_content();
}

namespace {

constexpr RouteParameter key_in_path{"key", "string", "What the page calls the sign-in.",
                                     RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/actions/oauth-nonce",
     .operation = "showNoncePage",
     .summary = "A window's first page, which tells its opener that it is there",
     .handler = &show_nonce_page,
     .parameters = {project_in_path,
                    {"originForPostMessage", "string", "The opener's origin."},
                    {"action", "string", "Taken and without effect."},
                    {"integrationId", "string", "Likewise."},
                    {"userToken", "string", "Likewise."}},
     .answers = {{200, "The page.", "string", "text/html"}}},
    {.method = "GET",
     .pattern = "/v2/projects/{project}/sdk/actions/build-oauth",
     .operation = "buildOAuth",
     .summary = "Where the window goes on: a sign-in for one use, within ten minutes",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &build_oauth,
     .parameters = {project_in_path,
                    {"integrationId", "string", "The integration's id, its type."},
                    {"endUserSuppliedValues", "string", "The inputs of the sign-in, as JSON."},
                    {"installOptions", "string", "As in the body of a connection, as JSON."},
                    {"oauthMetaKeyId", "string", "By which the page asks for its end."},
                    {"redirectUrl", "string", "Only the server's own callback."},
                    {"action", "string", "Taken and without effect."},
                    {"originForPostMessage", "string", "Likewise."},
                    {"userToken", "string", "Likewise: the header says who asks."}},
     .answers = {{200, "For the window.", "{redirectUrl: string}"},
                 {400, "Inputs or options do not fit.", "Error"},
                 {404, "There is no such integration.", "Error"},
                 {409, "The integration is switched off, or a secret of it is missing.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/actions/session-id/{key}",
     .operation = "showSignInSession",
     .summary = "Which account the page's sign-in has connected; null as long as it has none",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &show_sign_in_session,
     .parameters = {project_in_path, key_in_path},
     .answers = {{200, "The account, or null.", "{connectCredentialId: string}|null"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/sdk/actions/session-id/{key}",
     .operation = "forgetSignInSession",
     .summary = "The page has heard of the end of its sign-in",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &forget_sign_in_session,
     .parameters = {project_in_path, key_in_path},
     .answers = {{204, "It is forgotten."}}},
};

}  // namespace

constinit const RouteGroup sdk_oauth_routes{
    "Browser SDK's sign-ins", "How the original's browser SDK lets users sign in at providers.",
    routes};

}  // namespace millrace
