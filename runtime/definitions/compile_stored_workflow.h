#pragma once
// A deployed version, compiled again. Rules become stricter from release to release, and a version must
// not stop running for that: it is not checked anew (runtime/reading/strictness.h).

#include "runtime/definitions/compile_workflow.h"

namespace millrace {

/// As compile_workflow without a function engine; what is out of today's limits is taken as the nearest
/// that is not. Error `invalid_definition`: there is something that nobody can execute, such as a step of
/// an unknown type; those findings alone are told.
Result<std::shared_ptr<const Workflow>> compile_stored_workflow(
    const Json& definition, const WorkflowIdentity& identity,
    const IntegrationCatalog* integrations);

}  // namespace millrace
