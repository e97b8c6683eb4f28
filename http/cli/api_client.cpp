#include "http/cli/api_client.h"

#include "http/cli/server_url.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>
#include <httplib.h>

namespace millrace {
namespace {

/// Longer than the 55 s that a trigger may be held.
constexpr time_t answer_seconds_max = 90;

Error missing(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

std::string why(httplib::Error error, const ServerUrl& url) {
  switch (error) {
    case httplib::Error::SSLServerVerification:
      return "the certificate of " + url.origin +
             " is not trusted; name the file of its authority (PEM) in SSL_CERT_FILE";
    case httplib::Error::SSLLoadingCerts:
      return "the certificates that are trusted cannot be read; see SSL_CERT_FILE";
    case httplib::Error::SSLConnection:
      return "there is no TLS connection to " + url.origin +
             "; Millrace itself speaks http, TLS is a reverse proxy's";
    case httplib::Error::Read:
    case httplib::Error::Write:
      return url.origin + " was reached, but closed the connection or gave no answer within " +
             std::to_string(answer_seconds_max) + " s" +
             (url.is_https ? "" : "; does it speak https?");
    default:
      return "no server answers at " + url.origin +
             "; start one with \"millrace serve\", or name it with --url or MILLRACE_URL";
  }
}

}  // namespace

void ApiTarget::add_url(CLI::App& command) {
  command.add_option("--url", url, "address of the server")
      ->envname("MILLRACE_URL")
      ->capture_default_str();
}

void ApiTarget::add_project(CLI::App& command) {
  needs_project_ = true;
  command.add_option("--project", project, "project id")->envname("MILLRACE_PROJECT");
}

void ApiTarget::add_url_project_and_key(CLI::App& command) {
  add_url(command);
  add_project(command);
  takes_api_key_ = true;
  command.add_option("--api-key", api_key, "the project's API key")->envname("MILLRACE_API_KEY");
}

void ApiTarget::add_admin_key(CLI::App& command) {
  takes_admin_key_ = true;
  command.add_option("--admin-key", admin_key, "the instance's admin key")
      ->envname("MILLRACE_ADMIN_KEY");
}

Outcome ApiTarget::check() const {
  if (needs_project_ && project.empty()) {
    return missing(
        "which project? Give its id with --project, or set MILLRACE_PROJECT; for a folder it may "
        "also "
        "be the \"id\" in project.json");
  }
  if (takes_api_key_ && api_key.empty() && admin_key.empty()) {
    return missing(
        std::string("the project's API key is missing: give it with --api-key, or set "
                    "MILLRACE_API_KEY; \"millrace projects create\" shows it once, \"millrace "
                    "projects rotate-key\" makes a new one") +
        (takes_admin_key_ ? "; the admin key will do as well: --admin-key, or MILLRACE_ADMIN_KEY"
                          : ""));
  }
  if (takes_admin_key_ && !takes_api_key_ && admin_key.empty()) {
    return missing(
        "the admin key is missing: give it with --admin-key, or set MILLRACE_ADMIN_KEY; a server "
        "that "
        "was given none keeps its own in the file DATA-DIR/admin-key");
  }
  return Done{};
}

std::string ApiTarget::project_path(std::string_view rest) const {
  return "/projects/" + percent_encode_text(project) + std::string(rest);
}

Result<ApiAnswer> call_api(const ApiTarget& target, const ApiRequest& request) {
  if (auto complete = target.check(); !complete) return complete.error();
  const auto url = parse_server_url(target.url);
  if (!url) return url.error();
  httplib::Client client(url->origin);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(answer_seconds_max);
  httplib::Request message;
  message.method = request.method;
  message.path = url->prefix + request.path;
  if (!request.bearer.empty()) message.set_header("Authorization", "Bearer " + request.bearer);
  if (!request.body.empty() || request.method != "GET") {
    message.body = request.body;
    if (!request.body.empty()) message.set_header("Content-Type", request.content_type);
  }
  const auto result = client.send(message);
  if (!result) return Error(ErrorCode::overloaded, why(result.error(), *url));
  ApiAnswer answer;
  answer.status = result->status;
  answer.location = result->get_header_value("Location");
  answer.content_type = result->get_header_value("Content-Type");
  answer.execution = result->get_header_value("Millrace-Execution-Id");
  answer.text = result->body;
  if (auto json = parse_json(result->body)) answer.json = std::move(*json);
  return answer;
}

}  // namespace millrace
