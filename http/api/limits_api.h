#pragma once
// What a project may use: GET and PUT /projects/{p}/limits. Read by the project, set by the admin key.

#include "http/api/route.h"

namespace millrace {

extern const RouteGroup limits_routes;

}  // namespace millrace
