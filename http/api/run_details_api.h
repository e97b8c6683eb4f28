#pragma once
// One run in the task history, however large (docs/task-history.md): its graph with counts, its steps page by
// page, values level by level.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup run_details_routes;

/// GET …/workflow-executions/{execution}/graph : definition and, for each step, how often it went how.
Result<Reply> show_graph(const ApiCall& call, ApiServices& services);
/// GET …/workflow-executions/{execution}/step-executions : a page, behind `after`.
Result<Reply> list_step_executions(const ApiCall& call, ApiServices& services);
/// GET …/workflow-executions/{execution}/step-executions/{step}/value : one level of an input or output.
Result<Reply> show_value(const ApiCall& call, ApiServices& services);

}  // namespace millrace
