#pragma once
// GET /projects/{p}/audit: who changed what.

#include "http/api/route.h"

namespace millrace {

extern const RouteGroup audit_routes;

}  // namespace millrace
