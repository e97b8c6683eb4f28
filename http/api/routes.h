#pragma once
// All routes of the API as one table, in routes.cpp: method, path, who may call, which function
// answers. Matching is by path segments, so its cost does not depend on what a client sends.

#include "http/api/api_call.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

enum class Access : std::uint8_t {
  open,              // anybody
  admin_key,         // the instance's admin key
  project_key,       // the project's API key
  project_or_admin,  // either
  user_token,        // a user of the project
};

enum class Rate : std::uint8_t {
  free,
  history,  // counts against the project's task history allowance
};

using ApiHandler = Result<Reply> (*)(const ApiCall&, ApiServices&);

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/projects/{project}/workflows/{workflow}"
  Access access = Access::open;
  ApiHandler handler = nullptr;
  Rate rate = Rate::free;
};

std::span<const Route> all_routes();

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::pair<std::string_view, std::string>> path_values;  // decoded
};
/// HEAD finds the routes of GET. Errors: not_found; method_not_allowed, whose message names what is
/// allowed; invalid_request for a broken percent-encoding.
Result<RouteMatch> match_route(std::string_view method, std::string_view path);

/// The methods that `path` has routes for, e.g. "GET, PUT".
std::string allowed_methods(std::string_view path);

}  // namespace millrace
