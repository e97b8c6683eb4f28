#include "http/api/routes.h"

#include "http/api/workflows_api.h"
#include "tests/support/catch.h"

#include <set>

namespace millrace {

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
  for (const auto* path : {"/x", "/projects/", "/projects/p", "//", "/healthz/", "/projects/p/",
                           "/projects//workflows", "/projects/p/workflows/w/x"}) {
    INFO(path);
    REQUIRE_FALSE(match_route("GET", path).ok());
    CHECK(match_route("GET", path).error().code == ErrorCode::not_found);
  }
  const auto wrong = match_route("POST", "/projects/p/workflows/w");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == ErrorCode::method_not_allowed);
  CHECK(allowed_methods("/projects/p/workflows/w") == "PUT, GET, DELETE");
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
    const bool is_of_a_project = route.access == Access::project_key ||
                                 route.access == Access::project_or_admin ||
                                 route.access == Access::user_token;
    CHECK(names_project == is_of_a_project);
  }
}

}  // namespace millrace
