#include "http/cli/api_client.h"

#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>
#include <httplib.h>

namespace millrace {
namespace {

/// Longer than the 55 s that a trigger may be held.
constexpr time_t answer_seconds_max = 90;

}  // namespace

void ApiTarget::add_url(CLI::App& command) {
  command.add_option("--url", url, "address of the server")
      ->envname("MILLRACE_URL")
      ->capture_default_str();
}

void ApiTarget::add_project(CLI::App& command) {
  command.add_option("--project", project, "project id")->envname("MILLRACE_PROJECT");
}

void ApiTarget::add_api_key(CLI::App& command) {
  command.add_option("--api-key", api_key, "the project's API key")->envname("MILLRACE_API_KEY");
}

void ApiTarget::add_admin_key(CLI::App& command) {
  command.add_option("--admin-key", admin_key, "the instance's admin key")
      ->envname("MILLRACE_ADMIN_KEY");
}

std::string ApiTarget::project_path(std::string_view rest) const {
  return "/projects/" + percent_encode_text(project) + std::string(rest);
}

Result<ApiAnswer> call_api(const ApiTarget& target, const ApiRequest& request) {
  httplib::Client client(target.url);
  const Error unreachable(ErrorCode::overloaded,
                          "no server answers at " + target.url +
                              "; start one with \"millrace serve\", or name it with --url");
  if (!client.is_valid()) return unreachable;
  client.set_tcp_nodelay(true);
  client.set_read_timeout(answer_seconds_max);
  httplib::Request message;
  message.method = request.method;
  message.path = request.path;
  if (!request.bearer.empty()) message.set_header("Authorization", "Bearer " + request.bearer);
  if (!request.body.empty() || request.method != "GET") {
    message.body = request.body;
    if (!request.body.empty()) message.set_header("Content-Type", request.content_type);
  }
  const auto result = client.send(message);
  if (!result) return unreachable;
  ApiAnswer answer;
  answer.status = result->status;
  answer.location = result->get_header_value("Location");
  answer.content_type = result->get_header_value("Content-Type");
  answer.text = result->body;
  if (auto json = parse_json(result->body)) answer.json = std::move(*json);
  return answer;
}

}  // namespace millrace
