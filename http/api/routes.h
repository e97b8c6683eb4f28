#pragma once
// All routes of the API: the groups of the `*_api.cpp` files, one after the other. Made once, at the
// first use; immutable from then on. Any thread.

#include "http/api/route.h"
#include "http/api/route_table.h"

#include <span>
#include <string>
#include <string_view>

namespace millrace {

std::span<const RouteGroup> route_groups();

/// In the order of the groups; the addresses stay.
std::span<const Route> all_routes();

/// As RouteTable does it, over all routes.
Result<RouteMatch> match_route(std::string_view method, std::string_view path);
std::string allowed_methods(std::string_view path);

}  // namespace millrace
