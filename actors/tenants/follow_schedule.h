#pragma once
// The rows of a workflow's schedule follow what is live of it: they appear with a deploy, go with an undeploy,
// and begin anew with a deploy of another schedule. A version with the same schedule goes on where the one
// before was: no tick is lost or repeated, also not in the middle of one.

#include "runtime/workflows/workflow.h"
#include "storage/tables/schedule_table.h"

#include <optional>

namespace millrace {

/// Adds the change to the batch that changes the workflow. `live` is what will be live; null: nothing. The
/// caller keeps all other changes of the workflow's rows out until the batch is committed. The wake that was
/// added, if any: tell it once that is durable. Errors: those of the store.
Result<std::optional<storage::WakeRow>> follow_schedule(const storage::OrderedStore& store,
                                                        storage::WriteBatch& batch,
                                                        const ProjectId& project,
                                                        const WorkflowId& id, const Workflow* live,
                                                        Instant now);

}  // namespace millrace
