#pragma once
// Which workflows a user gets enabled by connecting: those of the integration with
// `"defaultEnabled": true`, as their deployed version says, or the draft of one that is not
// deployed.

#include "storage/tables/project_table.h"

#include <string>
#include <vector>

namespace millrace {

/// Blocks on the disk.
Result<std::vector<WorkflowId>> default_workflows(const storage::ProjectTable& table,
                                                  const ProjectId& project,
                                                  const std::string& integration);

}  // namespace millrace
