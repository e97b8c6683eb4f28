#pragma once
// The `load` of a trigger that an integration offers: the record that an event is about is fetched by a step of
// the run, before all others, so that the delivery is acknowledged first, and the fetching is retried and shown
// as any action is. What the workflow sees as `trigger.result` is what that step has; the event itself is
// `trigger.event`. Nothing of this is in a definition: it follows from the integration as it was frozen.

#include "runtime/reading/findings.h"
#include "runtime/workflows/workflow.h"

namespace millrace {

/// What the step is called in the task history; no definition can name it.
inline constexpr const char* load_step_id = "trigger.load";

/// Puts the step before all others, if the trigger has one. Before steps are numbered; `integrations` may be
/// null.
void add_load_step(Workflow& workflow, const IntegrationCatalog* integrations);

/// Null: the trigger loads nothing.
const Step* load_step_of(const Workflow& workflow);

}  // namespace millrace
