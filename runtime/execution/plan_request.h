#pragma once
// How a request or an action begins (or its next page), and what its answer means. Pure.

#include "runtime/execution/branch_scope.h"
#include "runtime/execution/dispatch_values.h"
#include "runtime/execution/effect.h"
#include "runtime/requests/pages.h"
#include "runtime/workflows/workflow.h"

namespace millrace {

/// Where the step stands: its attempt, and the pages it has already.
struct RequestPosition {
  std::uint32_t attempt = 1;
  const PageProgress& pages;
};

/// The request of a step, rendered with everything it may see, with an `Idempotency-Key` and, if the run
/// belongs to a trace, a `traceparent`, unless the definition sets them itself. Errors: secret_missing,
/// credential_missing and the like, invalid_url, type_mismatch, invalid_parameters.
Result<SendRequest> plan_request(const Workflow& workflow, const Step& step,
                                 const BranchScope& scope, const RequestPosition& position,
                                 const DispatchValues& values);

/// What an action's request is with these parameters: whatever they hold stays one segment of the path, or one value.
RequestValues render_action(const RequestTemplate& request, const Json& parameters,
                            const Scope& scope);

/// The most pages that are fetched.
std::uint32_t pages_max(const Pagination& pagination, bool is_test);

/// The step's rendered request as the task history shows it, secrets masked.
Json request_input(const RequestStep& config, const Scope& scope);
Json action_input(const ActionStep& config, const Scope& scope);

/// {"method", "url"} of the page after `pages`, whole, secrets masked; null when there can be none.
Json shown_request_line(const Step& step, const BranchScope& scope, const PageProgress& pages);

/// What references see: {"response": ...}, or an action's {"result": ...}, with `error` beside it when a
/// later page failed.
Json request_output(const Step& step, Json response);

/// `<executionId>:<step execution id>`, for later pages also `:<page>`. The same over retries and
/// restarts, so that a peer can recognise a repeat.
std::string idempotency_key(const Step& step, const BranchScope& scope, std::uint32_t page);

}  // namespace millrace
