#pragma once
// Runs that are done again, and many runs at once (docs/task-history.md#replay).

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup replay_routes;

/// POST …/workflow-executions/{execution}/replay : 201 once the new run is durable.
Result<Reply> replay_execution(const ApiCall& call, ApiServices& services);
/// POST …/workflow-executions/replay and /cancel : 200 with what came of it, or 202 while it goes on.
Result<Reply> replay_executions(const ApiCall& call, ApiServices& services);
Result<Reply> cancel_executions(const ApiCall& call, ApiServices& services);
/// GET …/bulk-jobs/{job} : how far it has come.
Result<Reply> show_bulk_job(const ApiCall& call, ApiServices& services);

}  // namespace millrace
