#include "bench/api_client.h"

#include "bench/bench_failure.h"
#include "http/auth/user_token.h"

#include <httplib.h>

#include <cstdlib>

namespace millrace::bench {
namespace {

const SigningKeyId signing_key_id("bench");

std::string project_path(const BenchProject& project) { return "/projects/" + project.id; }

std::string text_member(const Json& object, std::string_view name) {
  const Json& value = object.as_object().at(name);
  return std::string(value.as_string());
}

}  // namespace

bool ApiClient::is_ready() const {
  httplib::Client client("127.0.0.1", port_);
  client.set_connection_timeout(1);
  const auto answer = client.Get("/readyz");
  return answer && answer->status == 200 && answer->body == R"({"status":"ready"})";
}

double ApiClient::metric(const std::string& name) const {
  httplib::Client client("127.0.0.1", port_);
  const auto answer = client.Get("/metrics");
  expect(answer && answer->status == 200, "GET /metrics: no answer");
  const auto line = answer->body.find("\n" + name + " ");
  expect(line != std::string::npos, "GET /metrics: there is no " + name);
  return std::strtod(answer->body.c_str() + line + name.size() + 2, nullptr);
}

Json ApiClient::call(const Call& call) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(60);
  httplib::Request request;
  request.method = call.method;
  request.path = call.path;
  request.set_header("Authorization", "Bearer " + call.bearer);
  if (call.body) {
    request.body = to_text(*call.body);
    request.set_header("Content-Type", "application/json");
  }
  const auto answer = client.send(request);
  const std::string what = call.method + " " + call.path;
  expect(static_cast<bool>(answer), what + ": no answer");
  expect(answer->status >= 200 && answer->status < 300,
         what + ": " + std::to_string(answer->status) + " " + answer->body);
  return answer->body.empty() ? Json(nullptr) : must(parse_json(answer->body));
}

BenchProject ApiClient::create_project(const RsaKeyPair& pair) const {
  const Json created = call({"POST", "/projects", admin_key_, JsonObject{{"name", "bench"}}});
  BenchProject project{text_member(created, "id"), text_member(created, "apiKey"),
                       must(parse_private_key(pair.private_pem))};
  call({"PUT", project_path(project) + "/signing-keys/" + signing_key_id.text, project.api_key,
        JsonObject{{"pem", pair.public_pem}}});
  return project;
}

void ApiClient::put(const BenchProject& project, const std::string& path, const Json& body) const {
  call({"PUT", project_path(project) + path, project.api_key, body});
}

void ApiClient::limit_runs(const BenchProject& project, std::size_t concurrent_steps) const {
  call({"PUT", project_path(project) + "/limits", admin_key_,
        JsonObject{{"concurrentSteps", concurrent_steps}}});
}

void ApiClient::keep_runs(const BenchProject& project, std::size_t days) const {
  call({"PATCH", project_path(project), project.api_key, JsonObject{{"retentionDays", days}}});
}

void ApiClient::connect(const BenchProject& project, const std::string& user,
                        const std::string& integration, const AccountText& account) const {
  const std::string token = user_token(project, user);
  const std::string path = project_path(project) + "/sdk";
  const Json connected =
      call({"POST", path + "/integrations/" + integration + "/connect", token,
            JsonObject{{"credentials", JsonObject{}}, {"providerId", account.provider_id}}});
  const JsonObject enabled{
      {account.enabled_workflow, JsonObject{{"enabled", true}, {"settings", JsonObject{}}}}};
  call({"PATCH", path + "/credentials/" + text_member(connected, "id"), token,
        JsonObject{{"config", JsonObject{{"configuredWorkflows", enabled}}}}});
}

std::string ApiClient::webhook_url(const BenchProject& project, const std::string& integration,
                                   const std::string& webhook) const {
  const Json shown = call({"GET", project_path(project) + "/integrations/" + integration,
                           project.api_key, std::nullopt});
  return text_member(shown.as_object().at("webhooks").as_object().at(webhook), "url");
}

void ApiClient::deploy(const BenchProject& project, const std::string& workflow,
                       const Json& definition) const {
  const std::string path = project_path(project) + "/workflows/" + workflow;
  call({"PUT", path, project.api_key, definition});
  call({"POST", path + "/deploy", project.api_key, std::nullopt});
}

Json ApiClient::history_page(const BenchProject& project, const HistoryFilter& filter,
                             std::size_t offset) const {
  std::string path =
      project_path(project) +
      "/task-history/workflow-executions?sortBy=ASC&offset=" + std::to_string(offset);
  if (!filter.workflow.empty()) path += "&workflowId=" + filter.workflow;
  if (!filter.status.empty()) path += "&status=" + filter.status;
  return call({"GET", path, project.api_key, std::nullopt});
}

std::size_t ApiClient::count_runs(const BenchProject& project, const HistoryFilter& filter) const {
  return history_page(project, filter, 0).as_object().at("total").to_number<std::size_t>();
}

std::set<std::string> ApiClient::list_runs(const BenchProject& project,
                                           const HistoryFilter& filter) const {
  std::set<std::string> ids;
  for (std::size_t offset = 0;;) {
    const Json page = history_page(project, filter, offset);
    const JsonArray& runs = page.as_object().at("workflowExecutions").as_array();
    for (const Json& run : runs) ids.insert(text_member(run, "id"));
    offset += runs.size();
    if (runs.empty() || page.as_object().at("nextLink").is_null()) return ids;
  }
}

std::string user_token(const BenchProject& project, const std::string& user) {
  const UserTokenClaims claims{UserId(user), signing_key_id, Millis(3'600'000)};
  return mint_user_token(project.signing_key, claims, SystemClock().now());
}

std::string trigger_path(const BenchProject& project, const std::string& workflow) {
  return project_path(project) + "/sdk/triggers/" + workflow;
}

std::string event_path(const BenchProject& project) {
  return project_path(project) + "/sdk/events/trigger";
}

std::string trigger_request(const TriggerRequestText& text) {
  return post_request(text.path, "Authorization: Bearer " + text.token, text.body);
}

std::string post_request(const std::string& path, const std::string& header,
                         const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace millrace::bench
