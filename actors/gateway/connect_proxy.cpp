#include "actors/gateway/connect_proxy.h"

#include "actors/tenants/fresh_credentials.h"
#include "runtime/execution/plan_request.h"
#include "runtime/integrations/authorize_request.h"
#include "runtime/integrations/check_parameters.h"
#include "runtime/integrations/connect_request.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/requests/outgoing_request.h"
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

/// What the base URL of an integration may refer to.
class AccountScope final : public Scope {
 public:
  AccountScope(const Credential& account, JsonObject settings, const JsonObject& user_meta)
      : user_(account.user, user_meta) {
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

Result<HttpRequest> request_below(const Integration& integration, const Credential& account,
                                  ProxyRequest&& from) {
  const AccountScope scope(account, account.shared_settings, from.user_meta);
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

/// What a form says of pages and of a search goes to the action's parameters of those names.
JsonObject parameters_of(const ChoicesRequest& request) {
  JsonObject parameters = request.parameters;
  const DataSource& source = *request.source;
  if (!source.page_parameter.empty() && !request.cursor.is_null()) {
    parameters.insert_or_assign(source.page_parameter, request.cursor);
  }
  if (!source.search_parameter.empty() && !request.search.empty()) {
    parameters.insert_or_assign(source.search_parameter, request.search);
  }
  return parameters;
}

Result<HttpRequest> request_of_action(const Integration& integration,
                                      const IntegrationAction& action, const Credential& account,
                                      const ChoicesRequest& from) {
  const Json parameters = parameters_of(from);
  if (auto checked = check_parameters(action, parameters); !checked) return checked.error();
  const AccountScope scope(account, from.settings, from.user_meta);
  RequestValues values = render_action(action.request, parameters, scope);
  auto connected = connect_request(values, integration, integration.base_url.render(scope));
  if (!connected) return connected.error();
  auto outgoing = outgoing_request(values);
  if (!outgoing) return outgoing.error();
  if (!files_of(*outgoing).empty()) {
    return Error(ErrorCode::invalid_definition, "an action that sends files lists no choices");
  }
  auto request = send_with(std::move(*outgoing), [](const FileHandle&) { return SharedBytes(); });
  if (!request) return request.error();
  request->project = from.project;
  request->user = from.user;
  request->step = "choices";
  request->timeout = ConnectProxy::choices_time_max;
  request->response_bytes_max = ConnectProxy::choices_bytes_max;
  return request;
}

/// There is no run that the account was chosen for.
Error without_run(Error why, const CredentialName& asked) {
  if (why.code == ErrorCode::credential_missing && !asked.id.empty()) {
    why.message = "the user has no account \"" + asked.id + "\" for \"" + asked.integration + '"';
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

struct ConnectProxy::Caller {
  UserKey owner;
  const Integration& integration;
  std::string credential;  // as it was asked for
};

HttpOutcome ConnectProxy::pass(ProxyRequest request) {
  const auto entry = uses_.integrations.get(request.project, request.integration);
  if (!entry) return entry.error();
  const Caller caller{{request.project, request.user}, *entry->integration, request.credential};
  return exchange(caller, [&](const Credential& account) {
    return request_below(*entry->integration, account, std::move(request));
  });
}

Result<Json> ConnectProxy::choices(ChoicesRequest request) {
  const auto entry = uses_.integrations.get(request.project, request.integration);
  if (!entry) return entry.error();
  const Integration& integration = *entry->integration;
  const IntegrationAction* const action = find_action(integration, request.source->action);
  if (action == nullptr) {
    return Error(ErrorCode::invalid_definition, "the integration \"" + integration.type +
                                                    "\" has no action \"" + request.source->action +
                                                    '"');
  }
  std::string url;
  const Caller caller{{request.project, request.user}, integration, request.credential};
  const auto answer = exchange(caller, [&](const Credential& account) {
    auto made = request_of_action(integration, *action, account, request);
    if (made) url = made->url;
    return made;
  });
  if (!answer) return answer.error();
  if (!is_success(answer->status)) return error_of_status(answer->status, {});
  auto body = read_body(*answer, url);
  if (!body) return body.error();
  auto* const value = std::get_if<Json>(&*body);
  const Json seen = JsonObject{
      {"response", response_value(*answer, value == nullptr ? Json(nullptr) : std::move(*value))}};
  return choices_of(*request.source, action->result, seen);
}

HttpOutcome ConnectProxy::exchange(const Caller& caller, const Make& make) {
  const auto& [owner, integration, named] = caller;
  const auto place = places_.take(owner.project, per_project_max);
  if (!place.is_taken()) {
    return Error(ErrorCode::overloaded, "the project has " + std::to_string(per_project_max) +
                                            " requests to integrations on their way already");
  }
  const auto tenant = uses_.tenants.view(owner.project, owner.user);
  if (!tenant) return tenant.error();
  const FreshCredentials accounts(*tenant, owner, uses_.clock, &uses_.tokens);
  CredentialName account{integration.type, named};
  auto credential = fresh(accounts, account, std::nullopt);
  if (!credential) return without_run(credential.error(), account);
  account.id = (*credential)->id;
  auto unauthorized = make(**credential);
  if (!unauthorized) return unauthorized.error();

  std::optional<HttpResponse> refusal;
  while (true) {
    HttpRequest authorized = *unauthorized;
    Redaction sent;  // nothing of what passes is shown or kept
    if (auto done = authorize(authorized, integration.auth, **credential, sent); !done) {
      return done.error();
    }
    auto answer = send(std::move(authorized));
    if (!answer) return answer;
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
