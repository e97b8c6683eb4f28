#pragma once
// The task history (behaviour 6): what became of every run.

#include "http/api/api_call.h"

namespace millrace {

/// Inputs and outputs of steps beyond this are not shown unless `?full=true`: `isLargeInput` or
/// `isLargeOutput` is true then, and the value null.
inline constexpr std::size_t shown_value_bytes_max = 1u << 20;

/// GET …/workflow-executions with filters, `offset` and `sortBy`.
Result<Reply> list_executions(const ApiCall& call, ApiServices& services);
/// GET …/workflow-executions/{execution} : the same line, and `stepExecutions`.
Result<Reply> show_execution(const ApiCall& call, ApiServices& services);
/// GET …/workflow-executions/{execution}/step-executions/{step} : input and output of one step.
Result<Reply> show_step_execution(const ApiCall& call, ApiServices& services);
/// POST …/workflow-executions/{execution}/cancel : 202 once the wish is durable.
Result<Reply> cancel_execution(const ApiCall& call, ApiServices& services);

/// The address of a run's entry, for `Location`.
std::string execution_path(const ProjectId& project, const std::string& execution);

}  // namespace millrace
