#pragma once
// How each kind of step begins: step + what it can see + the time -> the effect. One function a kind;
// pure.

#include "runtime/execution/branch_scope.h"
#include "runtime/execution/dispatch_values.h"
#include "runtime/execution/effect.h"
#include "runtime/workflows/workflow.h"

namespace millrace {

/// Errors: secret_missing, type_mismatch (`parameters` is no object).
Result<RunFunction> plan_function(const Workflow& workflow, const Step& step, const Scope& scope,
                                  std::uint32_t attempt, const DispatchValues& values);
/// What the message of a conditional's failure leaves out: which condition it is, and what that was given.
/// " (condition 1 of group 1: `variable` is ...)", or empty when the message says so.
std::string unsaid_place(const Step& step, const Scope& scope);

Effect plan_conditional(const Step& step, const ConditionalStep& config, const Scope& scope,
                        Instant now);
/// A test run does not wait: it is armed for now.
Effect plan_delay(const Step& step, const DelayStep& config, const Scope& scope, Instant now,
                  bool is_test);
Effect plan_fan_out(const Workflow& workflow, const Step& step, const FanOutStep& config,
                    const Scope& scope, Instant now);
Effect plan_response(const Step& step, const ResponseStep& config, const Scope& scope, Instant now);

/// The secrets that the step names, for its dispatch scope. Error: secret_missing.
Result<SharedJson> dispatch_secrets(const Step& step, const DispatchValues& values);
/// Of every secret that some step of the workflow names: a peer that was told something may come back
/// with it in another step.
Redaction dispatch_redaction(const Workflow& workflow, const DispatchValues& values);
/// For the same reason, the accounts for its integrations, as far as they are connected.
std::vector<CredentialName> dispatch_accounts(const Workflow& workflow,
                                              const DispatchValues& values);

/// `parameters` may be one reference, which may lead to anything: the error `code` if not to an object.
Outcome require_object(const Step& step, const Json& parameters, ErrorCode code);

/// The rendered input of a step, as the task history shows it.
Json render_input(const Step& step, const Scope& scope);

}  // namespace millrace
