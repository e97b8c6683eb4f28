#pragma once
// A run as lists show it (the shape Execution of task_history_api.cpp), and what else is shown of runs alike.

#include "runtime/base/json.h"
#include "runtime/execution/execution_summary.h"

namespace millrace {

JsonObject execution_json(const ExecutionSummary& summary);
/// Why a run failed: its step, a code and a message.
JsonObject failure_json(const ErrorDetail& failure);

/// A value that is too large to be shown unasked.
bool is_large(const Json& value);

}  // namespace millrace
