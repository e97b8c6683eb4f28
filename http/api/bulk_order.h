#pragma once
// What requests about many executions have in common: which ones, and the answer of the job.

#include "actors/gateway/bulk_jobs.h"
#include "http/api/api_call.h"

#include <string_view>

namespace millrace {

/// `ids` or `filter` of such a body, for shapes (shape_text.h), as a JSON Schema has it; without braces.
#define MILLRACE_BULK_MEMBERS                                                              \
  "ids?: [string], filter?: {userId?: string, workflowId?: string, integration?: string, " \
  "status?: ExecutionStatus, beforeDate?: string, afterDate?: string}"

/// Which executions, by `ids` or `filter`, and the key under which it is asked once. Other members are the caller's.
Result<BulkOrder> read_bulk_order(const ApiCall& call, const JsonObject& body);
/// 200 with what came of it, or 202 while it goes on.
Result<Reply> start_bulk_order(const ApiCall& call, BulkJobs& jobs, BulkOrder order);
JsonObject shown(const BulkJob& job);

}  // namespace millrace
