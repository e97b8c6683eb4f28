#pragma once
// The server about itself: what it is, whether it lives, whether it takes work, its metrics. Open
// to anybody who reaches the port, so nothing here names a tenant.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup server_routes;

/// GET / : what this is, and every route.
Result<Reply> about(const ApiCall& call, ApiServices& services);
/// GET /openapi.json : the description of every route, made once.
Result<Reply> describe_api(const ApiCall& call, ApiServices& services);
/// GET /healthz : 200 as long as the process answers.
Result<Reply> is_alive(const ApiCall& call, ApiServices& services);
/// GET /readyz : 200 once recovery is planned and while new work is accepted, else 503; so while the disk
/// is full, until there is space, and while the database takes no commits or one hangs.
Result<Reply> is_ready(const ApiCall& call, ApiServices& services);
/// GET /metrics : Prometheus text.
Result<Reply> metrics(const ApiCall& call, ApiServices& services);

}  // namespace millrace
