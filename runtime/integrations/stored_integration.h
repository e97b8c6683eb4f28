#pragma once
// An integration that a project, or a deployed version, has kept from an earlier release.

#include "runtime/integrations/integration.h"

namespace millrace {

/// As compile_integration, but what was accepted once stays accepted: only what leaves nothing to execute
/// refuses it (runtime/reading/strictness.h).
Result<std::shared_ptr<const Integration>> compile_stored_integration(const std::string& type,
                                                                      const Json& definition);

}  // namespace millrace
