#pragma once
// The task history (docs/http.md): what became of every run.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup task_history_routes;
extern const RouteGroup own_execution_routes;

/// GET …/workflow-executions with filters, `offset`, `after` and `sortBy`.
Result<Reply> list_executions(const ApiCall& call, ApiServices& services);
/// GET …/task-history/export : NDJSON (history_export.h).
Result<Reply> export_history(const ApiCall& call, ApiServices& services);
/// GET …/task-history/statistics : counts and durations by time.
Result<Reply> show_statistics(const ApiCall& call, ApiServices& services);
/// GET …/workflow-executions/{execution} : the same line, and `stepExecutions`; to a user, as below.
Result<Reply> show_execution(const ApiCall& call, ApiServices& services);
/// GET …/workflow-executions/{execution}/step-executions/{step} : input and output of one step.
Result<Reply> show_step_execution(const ApiCall& call, ApiServices& services);
/// POST …/workflow-executions/{execution}/cancel : 202 once the wish is durable.
Result<Reply> explain_execution(const ApiCall& call, ApiServices& services);
Result<Reply> cancel_execution(const ApiCall& call, ApiServices& services);

/// GET …/sdk/executions : the caller's own runs, as `list_executions` lists them.
Result<Reply> list_own_executions(const ApiCall& call, ApiServices& services);
/// GET …/sdk/executions/{execution} : the line of one of the caller's own runs, and why it failed.
Result<Reply> show_own_execution(const ApiCall& call, ApiServices& services);

/// The address of a run's entry, for `Location`.
std::string execution_path(const ProjectId& project, const std::string& execution);

}  // namespace millrace
