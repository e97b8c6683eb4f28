#pragma once
// Runs that are in the middle, moved to another version of their workflow (docs/migration.md).

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup migration_routes;

/// POST …/workflows/{workflow}/migrate : 200 with what came of it, or 202 while it goes on; with `dryRun`, 200 with
/// what would come of it, and nothing is changed.
Result<Reply> migrate_executions(const ApiCall& call, ApiServices& services);

}  // namespace millrace
