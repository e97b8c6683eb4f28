#pragma once
// Which workflows a user gets enabled by connecting: those of the integration with
// `"defaultEnabled": true`, as their deployed version says, or the draft of one that is not
// deployed.

#include "runtime/base/json.h"
#include "storage/tables/project_table.h"

#include <string>
#include <vector>

namespace millrace {

/// Notes in the row whose default the workflow is. `definition` is the one by which it goes from now on:
/// the one that is deployed, else the draft.
void note_default(storage::WorkflowRow& row, const Json& definition);

/// Blocks on the disk. Parses only what an earlier program wrote.
Result<std::vector<WorkflowId>> default_workflows(const storage::ProjectTable& table,
                                                  const ProjectId& project,
                                                  const std::string& integration);

}  // namespace millrace
