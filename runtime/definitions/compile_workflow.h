#pragma once
// JSON definition -> Workflow. All findings are reported at once: `invalid_definition` with one
// ErrorDetail each (step id, JSON pointer, what was expected, what was found, the nearest existing
// name).

#include "runtime/workflows/workflow.h"

#include <memory>

namespace millrace {

struct WorkflowIdentity {
  ProjectId project;
  WorkflowId id;
  WorkflowVersion version = 0;
};

/// The integrations that steps name are frozen into the workflow; `integrations` null: there are none.
/// With `functions`, the code of every function step is compiled as well, which blocks; without, it is
/// not looked at.
///
/// Refuses: unknown keys (with the nearest known one), wrong types, missing keys, bad or duplicate
/// step ids, unknown step and trigger types, bad operators and units, references to steps that are
/// not upstream or do not exist, too many or too deeply nested steps, values over their limits, code
/// that does not compile.
Result<std::shared_ptr<const Workflow>> compile_workflow(
    const Json& definition, const WorkflowIdentity& identity,
    const IntegrationCatalog* integrations = nullptr, FunctionEngine* functions = nullptr);

/// Checks what may be saved as a draft: a JSON object with known outlines (name, trigger, steps are of
/// the right JSON type, if present). Everything else is reported at deploy.
Outcome check_draft(const Json& definition);

}  // namespace millrace
