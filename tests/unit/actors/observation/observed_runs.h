#pragma once
// What the tests of observers share: a workflow with a step of each kind, and events as they are told.

#include "actors/observation/run_observer.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <vector>

namespace millrace {

/// Its steps: function 0, conditional 1, fanOut 2, inner function 3, delay 4, request 5, action 6,
/// response 7.
inline std::shared_ptr<const Workflow> a_step_of_each_kind() {
  return compile_steps(R"(
    {"id": "call", "type": "function", "code": "() => 1"},
    {"id": "check", "type": "conditional", "if": [[{"variable": "{{call.result}}", "operator": "Exists"}]]},
    {"id": "each", "type": "fanOut", "items": [1], "steps": [
      {"id": "inner", "type": "function", "code": "() => 1"}]},
    {"id": "wait", "type": "delay", "value": 5, "unit": "MINUTES"},
    {"id": "fetch", "type": "request", "method": "GET", "url": "https://a.example"},
    {"id": "create", "type": "action", "integration": "crm", "action": "createContact",
      "parameters": {"email": "a@b.c"}},
    {"id": "reply", "type": "response"})");
}

/// An event of a step that began at the start of test time and took so long.
inline ObservedEvent step_event(EventKind kind, StepIndex step, Millis took) {
  return {.kind = kind, .step = step, .attempt = 1, .started = test_epoch, .at = test_epoch + took};
}

inline ObservedEvent end_event(ExecutionStatus status, StepIndex step = 0,
                               std::optional<ErrorCode> error = std::nullopt) {
  return {.kind = EventKind::execution_ended, .step = step, .error = error, .status = status};
}

inline void tell(RunObserver& observer, const std::shared_ptr<const Workflow>& workflow,
                 const std::vector<ObservedEvent>& events,
                 std::optional<ExecutionStatus> status = std::nullopt) {
  const ExecutionId execution;
  const ProjectId project("acme");
  const UserId user("ada");
  const BranchPath path;
  std::optional<RunStanding> standing;
  if (status) standing = RunStanding{*status, test_epoch};
  observer.durable({execution, project, user, workflow, path, events, standing});
}

}  // namespace millrace
