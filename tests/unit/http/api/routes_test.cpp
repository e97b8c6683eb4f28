#include "http/api/routes.h"

#include "http/api/workflows_api.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace millrace {
namespace {

/// `PUT /projects/{project}/secrets/{name}` as `PUT`, `/secrets/{}`: what the page shows of it. A project's own
/// route stands there whole.
std::string tail_of(std::string_view pattern) {
  if (pattern == "/projects/{project}") return std::string(pattern);
  for (const std::string_view front : {"/projects/{project}/sdk", "/projects/{project}"}) {
    if (pattern.starts_with(front)) {
      pattern.remove_prefix(front.size());
      break;
    }
  }
  return std::string(pattern);
}

/// How docs/http.md writes who may call.
std::string_view word_of(Access access) {
  switch (access) {
    case Access::open:
      return "open";
    case Access::admin_key:
      return "admin key";
    case Access::project_key:
      return "API key";
    case Access::project_or_admin:
      return "API key or admin key";
    case Access::project_key_or_user:
      return "API key or the run's user";
    case Access::user_token_or_ticket:
      return "user token or ticket";
    case Access::url_key:
      return "whoever has the URL";
    case Access::user_token:
      break;
  }
  return "user token";
}

/// `{name}` stands in the route's pattern.
bool names(const Route& route, std::string_view name) {
  return route.pattern.find("{" + std::string(name) + "}") != route.pattern.npos ||
         route.pattern.find("{" + std::string(name) + "...}") != route.pattern.npos;
}

/// Names of variables left out: `/secrets/{name}` is `/secrets/{}`.
std::string without_names(std::string_view text) {
  std::string shown;
  bool in_name = false;
  for (const char c : text) {
    if (c == '}') in_name = false;
    if (!in_name) shown += c;
    if (c == '{') in_name = true;
    if (c == '\n') in_name = false;
  }
  return shown;
}

}  // namespace

TEST_CASE("a route is found by method and segments, its values decoded", "[http]") {
  const auto match = match_route("PUT", "/projects/p1/workflows/Lead%20to%2FCRM");
  REQUIRE(match.ok());
  CHECK(match->route->handler == &put_workflow);
  REQUIRE(match->path_values.size() == 2);
  CHECK(match->path_values[1].first == "workflow");
  CHECK(match->path_values[1].second == "Lead to/CRM");
}

TEST_CASE("HEAD finds the routes of GET", "[http]") {
  CHECK(match_route("HEAD", "/healthz").ok());
  CHECK_FALSE(match_route("HEAD", "/projects/p/api-key").ok());
}

TEST_CASE("a path without a route is 404, a wrong method 405", "[http]") {
  for (const auto* path : {"/x", "/projects/", "/project/p", "//", "/healthz/", "/projects/p/",
                           "/projects//workflows", "/projects/p/workflows/w/x"}) {
    INFO(path);
    REQUIRE_FALSE(match_route("GET", path).ok());
    CHECK(match_route("GET", path).error().code == ErrorCode::not_found);
  }
  const auto wrong = match_route("POST", "/projects/p/workflows/w");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == ErrorCode::method_not_allowed);
  CHECK(allowed_methods("/projects/p/workflows/w") == "PUT, GET, DELETE, PATCH");
}

TEST_CASE("a broken percent-encoding in a path is 400", "[http]") {
  const auto match = match_route("GET", "/projects/p/workflows/%zz");
  REQUIRE_FALSE(match.ok());
  CHECK(match.error().code == ErrorCode::invalid_request);
}

TEST_CASE("every route stands in the table once and has a handler", "[http]") {
  std::set<std::string> seen;
  for (const auto& route : all_routes()) {
    INFO(route.pattern);
    CHECK(route.handler != nullptr);
    CHECK(seen.insert(std::string(route.method) + std::string(route.pattern)).second);
    const bool names_project = route.pattern.find("{project}") != std::string_view::npos;
    const bool is_of_a_project =
        route.access == Access::project_key || route.access == Access::project_or_admin ||
        route.access == Access::project_key_or_user || route.access == Access::url_key ||
        route.access == Access::user_token || route.access == Access::user_token_or_ticket;
    // Of which project a webhook or a capture is, its id alone says; the first page of a window says nothing of
    // the project that it names; limits are the operator's.
    const bool is_alike = route.runs_on != RunsOn::hook_shard && route.operation != "putLimits" &&
                          route.pattern != "/projects/{project}/sdk/actions/oauth-nonce";
    if (is_alike) CHECK(names_project == is_of_a_project);
  }
}

TEST_CASE("every operation has its own name, a summary and its path's parameters", "[http]") {
  std::set<std::string> seen;
  for (const auto& route : all_routes()) {
    INFO(route.method << ' ' << route.pattern);
    CHECK(seen.insert(std::string(route.operation)).second);
    CHECK_FALSE(route.summary.empty());
    std::size_t in_path = 0;
    for (const auto& parameter : declared(route.parameters)) {
      CHECK_FALSE(parameter.meaning.empty());
      if (parameter.in != RouteParameter::In::path) continue;
      CHECK(names(route, parameter.name));
      ++in_path;
    }
    CHECK(in_path ==
          static_cast<std::size_t>(std::count(route.pattern.begin(), route.pattern.end(), '{')));
    CHECK_FALSE(declared(route.answers).empty());
  }
}

TEST_CASE("a route runs where the request itself says whose it is", "[http]") {
  for (const auto& route : all_routes()) {
    INFO(route.method << ' ' << route.pattern);
    // Whoever is seen for the first time becomes a user, on any of these routes.
    CHECK((route.access != Access::user_token || route.runs_on == RunsOn::user_shard));
    switch (route.runs_on) {
      case RunsOn::any_node:
        CHECK(route.method == "GET");  // who writes must own the shard
        break;
      case RunsOn::project_shard:
        CHECK((names(route, "project") || route.operation == "createProject"));
        break;
      case RunsOn::user_shard:
        CHECK((names(route, "user") || route.access == Access::user_token));
        break;
      case RunsOn::execution_shard:
        CHECK(names(route, "execution"));
        break;
      case RunsOn::hook_shard:
        CHECK(names(route, "hook"));
        break;
    }
  }
}

TEST_CASE("docs/http.md names every route and who may call it", "[http]") {
  std::vector<std::string> lines;
  std::ifstream page(MILLRACE_SOURCE_DIR "/docs/http.md");
  for (std::string line; std::getline(page, line);) lines.push_back(without_names(line));
  REQUIRE(lines.size() > 50);
  for (const Route& route : all_routes()) {
    const std::string tail = without_names(tail_of(route.pattern));
    INFO(route.method << ' ' << route.pattern << " as " << tail);
    const bool found = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      const auto at = line.find(tail);
      const bool whole =
          at != line.npos && line.find_first_of("`?, ", at + tail.size()) == at + tail.size();
      return whole && line.find('`' + std::string(route.method)) != line.npos &&
             line.find("| " + std::string(word_of(route.access)) + " |") != line.npos;
    });
    CHECK(found);
  }
}

}  // namespace millrace
