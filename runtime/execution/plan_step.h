#pragma once
// How each kind of step begins: step + what it can see + the time -> the effect. One function a kind;
// pure.

#include "runtime/definitions/workflow.h"
#include "runtime/execution/branch_scope.h"
#include "runtime/execution/dispatch_values.h"
#include "runtime/execution/effect.h"

namespace millrace {

/// Error: secret_missing.
Result<RunFunction> plan_function(const Workflow& workflow, const Step& step, const Scope& scope,
                                  std::uint32_t attempt, const DispatchValues& values);
Effect plan_conditional(const Step& step, const ConditionalStep& config, const Scope& scope,
                        Instant now);
/// A test run does not wait: it is armed for now.
Effect plan_delay(const Step& step, const DelayStep& config, const Scope& scope, Instant now,
                  bool is_test);
Effect plan_fan_out(const Workflow& workflow, const Step& step, const FanOutStep& config,
                    const Scope& scope, Instant now);
Effect plan_response(const Step& step, const ResponseStep& config, const Scope& scope, Instant now);

/// The secrets that the step names, for its dispatch scope, and the redaction of all that the workflow
/// names. Error: secret_missing.
Result<SharedJson> dispatch_secrets(const Workflow& workflow, const Step& step,
                                    const DispatchValues& values, Redaction& redaction);

/// The rendered input of a step, as the task history shows it.
Json render_input(const Step& step, const Scope& scope);

}  // namespace millrace
