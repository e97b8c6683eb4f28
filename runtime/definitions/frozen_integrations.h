#pragma once
// The integrations of a deployed workflow, as they were at its deploy: stored with the version as
// {"<type>": <definition>}, so that a later change of an integration changes no live workflow.

#include "runtime/integrations/integration_set.h"
#include "runtime/workflows/workflow.h"

namespace millrace {

/// What the workflow uses of the catalog it was compiled with.
Json freeze_integrations(const Workflow& workflow, const IntegrationCatalog& catalog);

/// Error corrupt_data: this is not what `freeze_integrations` gave, or this program does not understand
/// it any more.
Result<IntegrationSet> read_frozen_integrations(const Json& frozen);

}  // namespace millrace
