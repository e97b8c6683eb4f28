#pragma once
// Finds the integrations, resources and actions that a workflow's steps name, and freezes them into the workflow:
// a later change of the integration reaches a workflow with its next deploy. Constant parameters are
// checked against the action's declaration.

#include "runtime/reading/findings.h"
#include "runtime/workflows/workflow.h"

namespace millrace {

/// Needs numbered steps; before link_references. `integrations` null: there are none.
void link_integrations(Workflow& workflow, const IntegrationCatalog* integrations,
                       Findings& findings);

/// The types of the integrations (resources too) that the workflow, its trigger and its steps name.
std::vector<std::string> integrations_of(const Workflow& workflow);

}  // namespace millrace
