#include "actors/gateway/connect_proxy.h"

#include "runtime/execution/plan_request.h"
#include "runtime/integrations/check_parameters.h"
#include "runtime/integrations/connect_request.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/outbound/request_secrets.h"
#include "runtime/requests/outgoing_request.h"
#include "runtime/requests/request_line.h"
#include "runtime/requests/response_value.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

/// What the base URL and the headers of an integration may refer to.
class AccountScope final : public Scope {
 public:
  AccountScope(const Credential& account, JsonObject settings, const JsonObject& user_meta,
               JsonObject secrets)
      : secrets_(std::move(secrets)), user_(account.user, user_meta) {
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

Redaction redaction_of(const JsonObject& secrets) {
  Redaction known;
  for (const auto& each : secrets) known.add(each.value().get_string(), masked_secret(each.key()));
  return known;
}

Result<HttpRequest> request_below(const Integration& integration, const Credential& account,
                                  JsonObject secrets, ProxyRequest&& from) {
  const AccountScope scope(account, account.shared_settings, from.user_meta, std::move(secrets));
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
  request.timeout = limits::request_time_settable_max;  // with a caller who takes it slowly
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
                                      JsonObject secrets, const ChoicesRequest& from) {
  const Json parameters = parameters_of(from);
  if (auto checked = check_parameters(action, parameters); !checked) return checked.error();
  const AccountScope scope(account, from.settings, from.user_meta, {});
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
  const AccountScope of_headers(account, from.settings, from.user_meta, std::move(secrets));
  auto added = add_headers(*request, integration.headers.render(of_headers));
  if (!added) return added.error();
  return request;
}

const HttpResponse& head_of(const HttpResponse& answer) { return answer; }
const HttpResponse& head_of(const std::shared_ptr<OpenAnswer>& answer) { return answer->head(); }

/// There is no run that the account was chosen for, and no step whose time is over: it is a peer that has not
/// answered.
Error without_run(Error why, const CredentialName& account) {
  if (why.code == ErrorCode::step_timeout) why.code = ErrorCode::request_failed;
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

struct ConnectProxy::Caller {
  UserKey owner;
  const Integration& integration;
  std::string credential;  // as it was asked for
};

PassedAnswer::PassedAnswer(ProjectPlaces::Place place, std::shared_ptr<OpenAnswer> answer,
                           Redaction secrets)
    : place_(std::move(place)),
      answer_(std::move(answer)),
      secrets_(std::move(secrets)),
      head_(answer_->head()) {
  for (HttpHeader& each : head_.headers) each.value = secrets_.apply(std::move(each.value));
}

Result<std::shared_ptr<PassedAnswer>> ConnectProxy::pass(ProxyRequest request) {
  const auto entry = uses_.integrations.get(request.project, request.integration);
  if (!entry) return entry.error();
  const Integration& integration = *entry->integration;
  auto place = take_place(request.project);
  if (!place) return place.error();
  const Caller caller{{request.project, request.user}, integration, request.credential};
  const AccountCaller::PassingOn passing_on{uses_.streams, memory_, std::move(request.is_wanted)};
  const Make make = [&](const Credential& account, JsonObject secrets) {
    return request_below(integration, account, std::move(secrets), std::move(request));
  };
  Redaction secrets;
  auto answer = exchange(caller, make, secrets, [&](const auto& account, const auto& made) {
    return caller_.open(account, integration.auth, made, time_max, passing_on, secrets);
  });
  if (!answer) return answer.error();
  return std::shared_ptr<PassedAnswer>(
      new PassedAnswer(std::move(*place), std::move(*answer), std::move(secrets)));
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
  const auto place = take_place(request.project);
  if (!place) return place.error();
  const Caller caller{{request.project, request.user}, integration, request.credential};
  const Make make = [&](const Credential& account, JsonObject secrets) {
    auto made = request_of_action(integration, *action, account, std::move(secrets), request);
    if (made) url = made->url;
    return made;
  };
  Redaction nothing_is_shown;
  const auto answer =
      exchange(caller, make, nothing_is_shown, [&](const auto& of, const auto& request_for) {
        return caller_.call(of, integration.auth, request_for, time_max);
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

Result<ProjectPlaces::Place> ConnectProxy::take_place(const ProjectId& project) {
  if (passing_ >= all_max) {
    return Error(ErrorCode::overloaded,
                 "too many requests to integrations are on their way: try again later");
  }
  auto place = places_.take(project, per_project_max);
  if (place.is_taken()) return place;
  return Error(ErrorCode::overloaded, "the project has " + std::to_string(per_project_max) +
                                          " requests to integrations on their way already");
}

template <class Ask>
auto ConnectProxy::exchange(const Caller& caller, const Make& make, Redaction& secrets, Ask ask)
    -> decltype(ask(AccountCaller::Account(), AccountCaller::Make())) {
  const UserKey& owner = caller.owner;
  const Integration& integration = caller.integration;
  const auto tenant = uses_.tenants.view(owner.project, owner.user);
  if (!tenant) return tenant.error();
  const AccountCaller::Account account{*tenant, owner, {integration.type, caller.credential}};
  AskingAccount asking{owner, {}};
  const AccountCaller::Make admitted = [&](const Credential& credential) -> Result<HttpRequest> {
    asking.account = credential.id;
    auto in_headers = secrets_for(integration, **tenant);
    if (!in_headers) return in_headers.error();
    const Redaction known = redaction_of(*in_headers);
    secrets.add_all(known);
    auto made = make(credential, std::move(*in_headers));
    if (!made) return made;
    add_secrets(*made, known);
    if (auto let = admit(integration, asking); !let) return let.error();
    return made;
  };
  auto answer = ask(account, admitted);
  if (!answer) return without_run(answer.error(), account.name);
  if (uses_.gate != nullptr && integration.rate_limit) {
    uses_.gate->note_answer(asking, *integration.rate_limit, head_of(*answer));
  }
  return answer;
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

}  // namespace millrace
