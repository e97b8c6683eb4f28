#include "http/api/cors.h"

#include "http/api/routes.h"
#include "runtime/text/header_text.h"

namespace millrace {

bool is_for_browsers(const Route& route) {
  return route.access == Access::user_token || route.access == Access::project_key_or_user;
}

std::optional<Reply> answer_preflight(const httplib::Request& request) {
  if (request.method != "OPTIONS" || !request.has_header("Origin")) return std::nullopt;
  const std::string method = request.get_header_value("Access-Control-Request-Method");
  if (method.empty()) return std::nullopt;
  const auto match = match_route(method, request.path);
  if (!match || !is_for_browsers(*match->route)) return std::nullopt;
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
