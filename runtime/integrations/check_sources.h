#pragma once
// Whether the actions are there that settings get their choices from (data_source.h), with the parameters that they
// are asked by: found when a definition is put, and not when a form asks.

#include "runtime/integrations/integration.h"
#include "runtime/reading/findings.h"

#include <vector>

namespace millrace {

/// `settings` as they stand under `/settings`, in an integration or in a workflow on it.
void check_sources(const std::vector<Setting>& settings, const Integration& integration,
                   Findings& findings);

}  // namespace millrace
