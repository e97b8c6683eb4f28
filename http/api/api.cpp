#include "http/api/api.h"

#include "actors/tenants/project_registry.h"
#include "actors/tenants/user_registry.h"
#include "http/api/audit.h"
#include "http/api/cors.h"
#include "http/api/query_names.h"
#include "http/wire/error_response.h"

#include <spdlog/spdlog.h>

namespace millrace {
namespace {

void write_reply(Reply reply, httplib::Response& response) {
  response.status = reply.status;
  if (reply.stream) {
    set_streamed_body(response, reply.content_type, std::move(*reply.stream));
  } else if (!reply.body.empty()) {
    response.set_content(reply.body, reply.content_type);
  }
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
}

ApiCall call_of(const httplib::Request& request, FormFields query, PathValues path_values) {
  ApiCall call{request, std::move(query), std::move(path_values), ProjectId(), UserId()};
  for (const auto& [name, value] : call.path_values) {
    if (name == "project") call.project = ProjectId(value);
  }
  return call;
}

}  // namespace

Api::Api(ApiServices services, std::string_view admin_key)
    : services_(std::move(services)),
      authenticate_(services_.projects, services_.clock, admin_key),
      answers_(std::make_unique<std::atomic<std::uint64_t>[]>((all_routes().size() + 1) *
                                                              status_classes)) {
  services_.write_metrics = [this, below = std::move(services_.write_metrics)](MetricsText& text) {
    write_metrics(text);
    if (below) below(text);
  };
}

Api::~Api() = default;

void Api::handle(const httplib::Request& request, httplib::Response& response) {
  if (const auto preflight = answer_preflight(request)) {
    write_reply(*preflight, response);
    return count(nullptr, response.status);
  }
  const Route* route = nullptr;
  auto match = match_route(request.method, request.path);
  if (!match) {
    write_error(response, match.error());
    if (match.error().code == ErrorCode::method_not_allowed) {
      response.set_header("Allow", allowed_methods(request.path));
    }
  } else {
    route = match->route;
    try {
      auto reply = answer(request, std::move(*match));
      if (reply) {
        write_reply(std::move(*reply), response);
      } else {
        write_error(response, reply.error());
      }
    } catch (...) {
      write_current_exception(response,
                              std::string(route->method) + " " + std::string(route->pattern));
    }
  }
  if (may_pages_read(request)) let_pages_read(response);
  count(route, response.status);
}

std::optional<HttpServer::Refusal> Api::refusal_of(const httplib::Request& request) {
  auto match = match_route(request.method, request.path);
  if (!match) return std::nullopt;
  ApiCall call = call_of(request, {}, std::move(match->path_values));
  const auto let = let_in(*match->route, call);
  if (let) return std::nullopt;
  count(match->route, http_status(let.error().code));
  return HttpServer::Refusal{let.error(), may_pages_read(request)};
}

Result<Reply> Api::answer(const httplib::Request& request, RouteMatch match) {
  const auto question_mark = request.target.find('?');
  auto query = parse_form(question_mark == std::string::npos
                              ? std::string_view()
                              : std::string_view(request.target).substr(question_mark + 1));
  if (!query) return query.error();
  ApiCall call = call_of(request, std::move(*query), std::move(match.path_values));
  auto outcome = let_in(*match.route, call);
  if (!outcome) return outcome.error();
  if (const auto limited = check_rate(*match.route, call); !limited) return limited.error();
  if (const auto known = check_query_names(*match.route, call.query); !known) return known.error();
  if (match.route->stores) {
    if (const auto room = require_room(call, services_); !room) return room.error();
  }
  auto reply = match.route->handler(call, services_);
  if (reply) note_change(*match.route, call, *reply);
  return reply;
}

void Api::note_change(const Route& route, const ApiCall& call, const Reply& reply) {
  const bool is_admin = authenticate_.as_admin(call.http.get_header_value("Authorization")).ok();
  const auto entry = audit_entry(route, call, reply, is_admin);
  if (!entry) return;
  // The change is made, and its caller is told so whatever becomes of the entry.
  if (auto noted = services_.audit_log.note(*entry); !noted) {
    spdlog::error("a change of project {} is not in its audit log: {}", entry->project.text,
                  noted.error().message);
  }
}

Outcome Api::let_in(const Route& route, ApiCall& call) {
  const std::string authorization = call.http.get_header_value("Authorization");
  switch (route.access) {
    case Access::open:
    case Access::url_key:
      return Done{};
    case Access::admin_key:
      return authenticate_.as_admin(authorization);
    case Access::project_key:
      return authenticate_.as_project(call.project, authorization);
    case Access::project_or_admin:
      return authenticate_.as_project_or_admin(call.project, authorization);
    case Access::user_token_or_ticket:
      if (authorization.empty() && call.http.target.find("ticket=") != std::string::npos) {
        return Done{};
      }
      break;
    case Access::project_key_or_user:
      // No API key has the dots of a token.
      if (authorization.find('.') == std::string::npos) {
        return authenticate_.as_project(call.project, authorization);
      }
      break;
    case Access::user_token:
      break;
  }
  auto user = authenticate_.as_user(call.project, authorization);
  if (!user) return user.error();
  call.user = std::move(*user);
  services_.users.see(call.project, call.user);
  return Done{};
}

Outcome Api::check_rate(const Route& route, const ApiCall& call) {
  // A project's allowance is not for its users to spend.
  if (route.rate == Rate::free || !call.user.empty()) return Done{};
  const Millis wait = history_rate_.take(
      {{call.project.text, services_.options.history_requests_max}}, services_.clock.now());
  if (wait == Millis(0)) return Done{};
  return rate_limited("the task history answers " +
                          std::to_string(services_.options.history_requests_max) +
                          " requests of a project in ten minutes",
                      wait);
}

void Api::count(const Route* route, int status) {
  const auto row = route == nullptr ? all_routes().size()
                                    : static_cast<std::size_t>(route - all_routes().data());
  const auto column = std::min(static_cast<std::size_t>(std::max(status / 100, 1)), status_classes);
  answers_[row * status_classes + column - 1].fetch_add(1, std::memory_order_relaxed);
}

void Api::write_metrics(MetricsText& metrics) const {
  for (std::size_t row = 0; row <= all_routes().size(); ++row) {
    const bool is_known = row < all_routes().size();
    const std::string_view method = is_known ? all_routes()[row].method : "any";
    const std::string_view pattern = is_known ? all_routes()[row].pattern : "none";
    for (std::size_t column = 0; column < status_classes; ++column) {
      const auto answers = answers_[row * status_classes + column].load(std::memory_order_relaxed);
      if (answers == 0) continue;
      metrics.counter("millrace_http_answers_total", static_cast<double>(answers),
                      {method, pattern, std::to_string(column + 1) + "xx"});
    }
  }
}

}  // namespace millrace
