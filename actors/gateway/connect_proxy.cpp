#include "actors/gateway/connect_proxy.h"

#include "actors/tenants/fresh_credentials.h"
#include "runtime/integrations/authorize_request.h"
#include "runtime/integrations/connect_request.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/requests/request_line.h"
#include "runtime/requests/response_value.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <optional>

namespace millrace {
namespace {

using Fields = RefusedCredentials::Fields;

constexpr int status_unauthorized = 401;
constexpr int first_of_peers_own = 500;  // its failures say nothing of whom it failed for

/// What the base URL and the headers of an integration may refer to.
class AccountScope final : public Scope {
 public:
  AccountScope(const Credential& account, const JsonObject& user_meta, JsonObject secrets)
      : secrets_(std::move(secrets)), user_(account.user, user_meta) {
    JsonObject settings = account.shared_settings;
    settings.insert_or_assign(kept_settings_key, account.provider_data);
    settings_ = std::move(settings);
  }
  const Json& root_value(const Reference& reference) const override {
    if (reference.root == Reference::Root::secrets) return secrets_;
    return reference.root == Reference::Root::settings ? settings_ : user_.root_value(reference);
  }

 private:
  Json settings_;
  const Json secrets_;
  const UserScope user_;
};

/// Waits for the one answer of something that is answered by another thread.
template <class Answer>
class Awaited {
 public:
  std::function<void(Answer)> taker() const {
    return [promise = promise_](Answer answer) { promise->set_value(std::move(answer)); };
  }
  std::optional<Answer> wait(Millis time) {
    if (future_.wait_for(time) != std::future_status::ready) return std::nullopt;
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<Answer>> promise_ = std::make_shared<std::promise<Answer>>();
  std::future<Answer> future_ = promise_->get_future();
};

Error out_of_time() {
  return {ErrorCode::overloaded, "the request had no answer in time: try again later"};
}

Result<SharedCredential> fresh(const CredentialSource& source, const CredentialName& account,
                               std::optional<std::uint64_t> refused) {
  Awaited<Result<SharedCredential>> credential;
  source.fresh(account, refused, credential.taker());
  auto answer = credential.wait(ConnectProxy::time_max);
  return answer ? std::move(*answer) : Result<SharedCredential>(out_of_time());
}

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

/// The integration's own, of those that the caller does not send himself.
Outcome add_headers(HttpRequest& request, const Json& defaults) {
  const auto* const headers = defaults.if_object();
  if (headers == nullptr) return Done{};
  for (const auto& each : *headers) {
    const bool is_own = std::any_of(
        request.headers.begin(), request.headers.end(),
        [&](const HttpHeader& own) { return equal_but_for_case(own.name, each.key()); });
    if (is_own || each.value().is_null()) continue;
    const std::string value =
        each.value().is_string() ? std::string(each.value().get_string()) : to_text(each.value());
    if (auto checked = check_header_value(each.key(), value); !checked) return checked;
    request.headers.push_back({std::string(each.key()), value});
  }
  return Done{};
}

Result<JsonObject> secrets_for(const Integration& integration, const TenantView& tenant) {
  JsonObject secrets;
  for (const std::string& name : integration.header_secrets) {
    const auto value = tenant.secret(name);
    if (!value) return value.error();
    secrets.emplace(name, *value);
  }
  return secrets;
}

Result<HttpRequest> request_below(const Integration& integration, const Credential& account,
                                  JsonObject secrets, ProxyRequest&& from) {
  const AccountScope scope(account, from.user_meta, std::move(secrets));
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
  auto added = add_headers(request, integration.headers.render(scope));
  if (!added) return added.error();
  return request;
}

/// There is no run that the account was chosen for.
Error without_run(Error why, const ProxyRequest& request) {
  if (why.code == ErrorCode::credential_missing && !request.credential.empty()) {
    why.message =
        "the user has no account \"" + request.credential + "\" for \"" + request.integration + '"';
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
  const UserKey owner{request.project, request.user};
  const FreshCredentials accounts(*tenant, owner, uses_.clock, &uses_.tokens);
  CredentialName account{request.integration, request.credential};
  auto credential = fresh(accounts, account, std::nullopt);
  if (!credential) return without_run(credential.error(), request);
  account.id = (*credential)->id;
  auto secrets = secrets_for(integration, **tenant);
  if (!secrets) return secrets.error();
  auto unauthorized =
      request_below(integration, **credential, std::move(*secrets), std::move(request));
  if (!unauthorized) return unauthorized.error();
  const AskingAccount asking{owner, account.id};
  if (auto admitted = admit(integration, asking); !admitted) return admitted.error();

  std::optional<HttpResponse> refusal;
  while (true) {
    HttpRequest authorized = *unauthorized;
    Redaction sent;  // nothing of what passes is shown or kept
    if (auto done = authorize(authorized, integration.auth, **credential, sent); !done) {
      return done.error();
    }
    auto answer = send(std::move(authorized));
    if (!answer) return answer;
    note_pause(integration, asking, *answer);
    const bool is_with_newer = refusal.has_value();
    if (integration.auth.kind == IntegrationAuth::Kind::none) return answer;
    const FieldsUsed used{owner, account.id, (*credential)->revision};
    if (answer->status != status_unauthorized || is_with_newer) {
      note(used, answer->status, is_with_newer ? Fields::replaced : Fields::same);
      return answer;
    }
    refusal = std::move(*answer);
    credential = fresh(accounts, account, used.revision);
    if (credential && (*credential)->revision > used.revision) continue;
    // Only what there is nothing newer for says something of the account.
    note(used, status_unauthorized, Fields::same);
    return std::move(*refusal);
  }
}

Outcome ConnectProxy::admit(const Integration& integration, const AskingAccount& account) {
  if (uses_.gate == nullptr || !integration.rate_limit) return Done{};
  // One ticket for all: a caller who comes back takes the slot that was kept for whoever was refused.
  constexpr std::uint64_t proxy_ticket = 0;
  const auto until = uses_.gate->admit(account, *integration.rate_limit, proxy_ticket);
  if (!until) return Done{};
  return Error(ErrorCode::rate_limited, "the account may be asked again at " + to_text(*until) +
                                            ", by the limit of \"" + integration.type + '"');
}

void ConnectProxy::note_pause(const Integration& integration, const AskingAccount& account,
                              const HttpResponse& response) {
  if (uses_.gate == nullptr || !integration.rate_limit) return;
  // By status and headers: the body is the caller's, and not read here.
  const Json output = JsonObject{{"response", response_value(response, nullptr)}};
  const auto until = pause_of(*integration.rate_limit, output, {}, uses_.clock.now());
  if (until) uses_.gate->pause(account, *until, response.status);
}

HttpOutcome ConnectProxy::send(HttpRequest request) {
  Awaited<HttpOutcome> answer;
  const auto call = uses_.http.call(std::move(request), answer.taker());
  auto outcome = answer.wait(time_max);
  if (outcome) return std::move(*outcome);
  uses_.http.cancel(call);
  return out_of_time();
}

void ConnectProxy::note(const FieldsUsed& used, int status, RefusedCredentials::Fields fields) {
  if (status >= first_of_peers_own) return;
  if (status != status_unauthorized) return uses_.refused.accepted(used);
  if (uses_.refused.refused(used, fields)) uses_.refused.invalidate(used);
}

}  // namespace millrace
