#include "http/api/cors.h"

#include "http/api/routes.h"
#include "runtime/text/header_text.h"

namespace millrace {

bool is_for_browsers(const Route& route) {
  return route.access == Access::user_token || route.access == Access::project_key_or_user;
}

namespace {

/// "/projects/{p}/sdk/…" and "/v2/projects/{p}/sdk/…".
bool is_below_sdk(std::string_view path) {
  if (path.starts_with("/v2/")) path.remove_prefix(3);
  constexpr std::string_view projects = "/projects/";
  if (!path.starts_with(projects)) return false;
  const auto end = path.find('/', projects.size());
  return end != std::string_view::npos && path.substr(end).starts_with("/sdk/");
}

bool is_for_pages(std::string_view method, const std::string& path) {
  const auto match = match_route(method, path);
  if (match) return is_for_browsers(*match->route);
  return match.error().code == ErrorCode::not_found && is_below_sdk(path);
}

}  // namespace

bool may_pages_read(const httplib::Request& request) {
  return request.has_header("Origin") && is_for_pages(request.method, request.path);
}

std::optional<Reply> answer_preflight(const httplib::Request& request) {
  if (request.method != "OPTIONS" || !request.has_header("Origin")) return std::nullopt;
  const std::string method = request.get_header_value("Access-Control-Request-Method");
  if (method.empty()) return std::nullopt;
  if (!is_for_pages(method, request.path)) return std::nullopt;
  Reply reply = no_content();
  reply.headers.emplace_back("Access-Control-Allow-Origin", "*");
  reply.headers.emplace_back("Access-Control-Allow-Methods", method);
  const std::string headers = request.get_header_value("Access-Control-Request-Headers");
  if (!headers.empty() && is_header_value(headers)) {
    reply.headers.emplace_back("Access-Control-Allow-Headers", headers);
  }
  // What browsers keep at most; Chromium asks again after two hours.
  reply.headers.emplace_back("Access-Control-Max-Age", "7200");
  return reply;
}

void let_pages_read(httplib::Response& response) {
  response.set_header("Access-Control-Allow-Origin", "*");
  response.set_header("Access-Control-Expose-Headers", "*");
}

}  // namespace millrace
