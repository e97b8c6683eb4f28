#include "http/api/proxy_api.h"

#include "actors/gateway/connect_proxy.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/user_registry.h"
#include "http/api/account_choice.h"
#include "http/api/passed_body.h"
#include "http/wire/response_headers.h"
#include "runtime/reading/strict_json.h"
#include "runtime/text/ascii_text.h"

namespace millrace {
namespace {

/// The path behind the integration's type, as it was sent, with the query.
std::string target_of(const ApiCall& call) {
  const auto question_mark = call.http.target.find('?');
  return call.path_value("path") + (question_mark == std::string::npos
                                        ? std::string()
                                        : call.http.target.substr(question_mark));
}

/// The browser SDK asks with `Content-Type: auto` to find out what the body is.
std::string found_type(const std::string& body) {
  const auto json = parse_strict_json(body);
  return json && json->is_structured() ? "application/json" : "text/plain; charset=utf-8";
}

std::vector<HttpHeader> headers_of(const httplib::Request& request) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : request.headers) {
    if (equal_but_for_case(name, "Content-Type") && value == "auto") {
      if (!request.body.empty()) headers.push_back({name, found_type(request.body)});
    } else {
      headers.push_back({name, value});
    }
  }
  return headers;
}

/// A peer's cookies are not this origin's, and which pages may read the answer is not for the peer to say.
bool comes_back(const HttpHeader& header) {
  return header.name != "set-cookie" && !header.name.starts_with("access-control-") &&
         header.name != "strict-transport-security" && header.name != "alt-svc" &&
         header.name != "clear-site-data" && may_set_header(header.name);
}

Reply head_of(const HttpResponse& head) {
  Reply reply;
  reply.status = head.status;
  reply.content_type.clear();
  for (const HttpHeader& header : head.headers) {
    if (header.name == "content-type") {
      reply.content_type = header.value;
    } else if (comes_back(header)) {
      reply.headers.emplace_back(header.name, header.value);
    } else if (header.name == "content-encoding" && head.status == 206) {
      // A part of a compressed body cannot be unpacked: it passes as it is.
      reply.headers.emplace_back(header.name, header.value);
    }
  }
  if (reply.content_type.empty()) reply.content_type = "application/octet-stream";
  return reply;
}

/// Whatever its headers say: those are about the body that a GET would bring.
bool has_no_body(const std::string& method, int status) {
  return method == "HEAD" || status == 204 || status == 304;
}

Result<Reply> reply_of(const std::string& method, std::shared_ptr<PassedAnswer> answer) {
  Reply reply = head_of(answer->head());
  const auto size = passed_size(answer->head());
  if (size == 0u || has_no_body(method, reply.status)) {
    // Its end is here or about to be: the connection to the peer is then kept for the next request.
    ignore_result(answer->take(), "there is nothing to come");
    if (!size && method == "HEAD" && reply.status != 204 && reply.status != 304) {
      // Says that a GET would be answered in chunks, where no length would say that it is empty.
      reply.stream = StreamedBody{
          std::nullopt, [](const StreamedBody::Write&) { return StreamedBody::Next::end; }};
      return reply;
    }
    const bool is_typed = answer->head().header("content-type") != nullptr;
    if (is_typed) reply.headers.emplace_back("Content-Type", reply.content_type);
    if (size) reply.headers.emplace_back("Content-Length", std::to_string(*size));
    return reply;
  }
  auto body = PassedBody::open(std::move(answer));
  if (!body) return body.error();
  reply.stream = StreamedBody{(*body)->size(), [body = *body](const StreamedBody::Write& write) {
                                return body->next(write);
                              }};
  return reply;
}

/// By its id, however the headers name it; empty: they name none.
Result<std::string> credential_for(const ApiCall& call, ApiServices& services) {
  const AccountNames names = names_in_headers(call);
  if (!names.configuration.empty()) {
    const auto chosen = selected_account(call, services, call.path_value("integration"));
    if (!chosen) return chosen.error();
    return chosen->credential->id;
  }
  const std::string& name = names.credential;
  if (name.empty()) return name;
  const auto account =
      services.credentials.find(call.project, call.user, call.path_value("integration"), name);
  if (!account) return account.error();
  return *account == nullptr ? name : (*account)->id;
}

}  // namespace

Result<Reply> pass_to_integration(const ApiCall& call, ApiServices& services) {
  const auto user = services.users.find(call.project, call.user);
  if (!user) return user.error();
  if (*user != nullptr && (*user)->is_disabled) {
    return Error(ErrorCode::user_disabled, "the user is disabled");
  }
  auto credential = credential_for(call, services);
  if (!credential) return credential.error();
  ProxyRequest request;
  request.project = call.project;
  request.user = call.user;
  if (*user != nullptr) request.user_meta = (*user)->meta;
  request.integration = call.path_value("integration");
  request.credential = std::move(*credential);
  request.method = call.http.method;
  request.path = target_of(call);
  request.headers = headers_of(call.http);
  if (!call.http.body.empty()) {
    request.body = std::make_shared<const std::string>(call.http.body);
  }
  if (call.http.progress) {
    request.is_wanted = [is_there = call.http.progress] { return is_there(0, 0); };
  }
  auto answer = services.proxy.pass(std::move(request));
  if (!answer) return answer.error();
  return reply_of(call.http.method, std::move(*answer));
}

namespace {

constexpr Route routes[]{
    {.method = "ANY",
     .pattern = "/projects/{project}/sdk/proxy/{integration}/{path...}",
     .operation = "passToIntegration",
     .summary =
         "Passes the request to the integration with the user's account, and its answer back",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &pass_to_integration,
     .parameters = {project_in_path,
                    {"integration", "string", "The integration's type.", RouteParameter::In::path},
                    {"path", "string", "The path below its base URL; a query goes along.",
                     RouteParameter::In::path},
                    selected_account_header},
     .body = {"any", false, "*/*"},
     .answers = {{200, "The answer as it came, whatever its status.", "any", "*/*"},
                 {400, "The path leads elsewhere than to the integration.", "Error"},
                 {409, "The user has no account that can be used; the code says why.", "Error"},
                 {502, "There was no answer; the code says why.", "Error"}}},
};

}  // namespace

constinit const RouteGroup proxy_routes{
    "Connect API", "Requests to integrations with the accounts of users.", routes};

}  // namespace millrace
