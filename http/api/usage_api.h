#pragma once
// What a project uses of what it may: GET /projects/{p}/usage, by the names of its limits.

#include "http/api/route.h"

namespace millrace {

extern const RouteGroup usage_routes;

}  // namespace millrace
