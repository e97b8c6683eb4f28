#pragma once
// The project's secrets that a workflow needs, so that a deploy can say which of them are yet to be put. Pure.

#include "runtime/integrations/integration.h"
#include "runtime/workflows/workflow.h"

#include <string>
#include <vector>

namespace millrace {

/// What its steps and its trigger render of the project's secrets, and what its integration and its resources
/// need of them; in their order.
std::vector<std::string> secrets_of(const Workflow& workflow, const IntegrationCatalog& catalog);

}  // namespace millrace
