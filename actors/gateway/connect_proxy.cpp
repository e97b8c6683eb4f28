#include "actors/gateway/connect_proxy.h"

#include "runtime/integrations/connect_request.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

/// What the base URL of an integration may refer to.
class AccountScope final : public Scope {
 public:
  AccountScope(const Credential& account, const JsonObject& user_meta)
      : user_(account.user, user_meta) {
    JsonObject settings = account.shared_settings;
    settings.insert_or_assign(kept_settings_key, account.provider_data);
    settings_ = std::move(settings);
  }
  const Json& root_value(const Reference& reference) const override {
    return reference.root == Reference::Root::settings ? settings_ : user_.root_value(reference);
  }

 private:
  Json settings_;
  const UserScope user_;
};

/// The path as a peer may read it that takes encoded slashes for slashes.
std::string with_plain_slashes(std::string path) {
  const auto query = path.find('?');
  for (const std::string_view encoded : {"%2f", "%2F", "%5c", "%5C"}) {
    for (auto at = path.find(encoded); at < query && at != std::string::npos;
         at = path.find(encoded, at)) {
      path.replace(at, encoded.size(), "/");
    }
  }
  return path;
}

Result<HttpRequest> request_below(const Integration& integration, const Credential& account,
                                  ProxyRequest&& from) {
  const AccountScope scope(account, from.user_meta);
  const Json base_url = integration.base_url.render(scope);
  RequestValues values;
  // A workflow's author chooses a path; here a user does, and may not lead a lenient peer out of it either.
  for (const std::string& path : {with_plain_slashes(from.path), from.path}) {
    values = {};
    values.url = path;
    if (auto connected = connect_request(values, integration, base_url); !connected) {
      return connected.error();
    }
  }
  HttpRequest request;
  request.project = std::move(from.project);
  request.user = std::move(from.user);
  request.step = "proxy";
  request.redirects_max = 0;  // where a peer leads to is for the caller to follow, or not
  request.method = std::move(from.method);
  request.url = std::string(values.url.get_string());
  std::copy_if(from.headers.begin(), from.headers.end(), std::back_inserter(request.headers),
               [](const HttpHeader& each) { return passes_on(lower_case(each.name)); });
  request.body = std::move(from.body);
  return request;
}

/// There is no run that the account was chosen for.
Error without_run(Error why, const CredentialName& account) {
  if (why.code == ErrorCode::credential_missing && !account.id.empty()) {
    why.message =
        "the user has no account \"" + account.id + "\" for \"" + account.integration + '"';
  }
  return why;
}

}  // namespace

bool passes_on(std::string_view lower_case_name) {
  static constexpr std::array<std::string_view, 22> stay{"accept-encoding",
                                                         "authorization",
                                                         "connection",
                                                         "content-length",
                                                         "cookie",
                                                         "expect",
                                                         "forwarded",
                                                         "host",
                                                         "http2-settings",
                                                         "keep-alive",
                                                         "origin",
                                                         "proxy-authenticate",
                                                         "proxy-authorization",
                                                         "proxy-connection",
                                                         "referer",
                                                         "te",
                                                         "trailer",
                                                         "transfer-encoding",
                                                         "upgrade",
                                                         "via",
                                                         "x-real-ip",
                                                         "user-agent"};
  for (const std::string_view prefix :
       {"x-paragon-", "x-forwarded-", "sec-", "millrace-", "access-control-"}) {
    if (lower_case_name.starts_with(prefix)) return false;
  }
  return std::find(stay.begin(), stay.end(), lower_case_name) == stay.end();
}

HttpOutcome ConnectProxy::pass(ProxyRequest request) {
  const auto place = places_.take(request.project, per_project_max);
  if (!place.is_taken()) {
    return Error(ErrorCode::overloaded, "the project has " + std::to_string(per_project_max) +
                                            " requests to integrations on their way already");
  }
  const auto entry = uses_.integrations.get(request.project, request.integration);
  if (!entry) return entry.error();
  const Integration& integration = *entry->integration;
  const auto tenant = uses_.tenants.view(request.project, request.user);
  if (!tenant) return tenant.error();
  const AccountCaller::Account account{
      *tenant, {request.project, request.user}, {request.integration, request.credential}};
  auto answer = caller_.call(
      account, integration.auth,
      [&](const Credential& credential) {
        return request_below(integration, credential, std::move(request));
      },
      time_max);
  if (answer) return answer;
  return without_run(answer.error(), account.name);
}

}  // namespace millrace
