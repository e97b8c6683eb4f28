#pragma once
// The rows of polls (storage/tables/poll_table.h) follow what is live of a workflow and who has it enabled.
//
// A workflow's row appears with the deploy of a version that is polled and goes with its undeploy; a version
// with another poll begins anew. The wake that comes with it has its accounts walked (gateway/poll_walk.h), so
// that each gets its row. An account that enables the workflow later gets its row in that very commit, and loses
// it in the one that disables it (tables/enabled_workflow_table.h).

#include "runtime/workflows/workflow.h"
#include "storage/tables/poll_table.h"

#include <optional>

namespace millrace {

/// Adds the change to the batch that changes the workflow. `live` is what will be live; null: nothing. The
/// caller keeps all other changes of the workflow's rows out until the batch is committed. The wake that was
/// added, if any: tell it once that is durable. Errors: those of the store.
Result<std::optional<storage::WakeRow>> follow_poll(const storage::OrderedStore& store,
                                                    storage::WriteBatch& batch,
                                                    const ProjectId& project, const WorkflowId& id,
                                                    const Workflow* live, Instant now);

/// Adds what an account begins with. Nothing: it has begun before. The wake that was added, if any, as above.
/// Errors: those of the store.
Result<std::optional<storage::WakeRow>> begin_poll(const storage::OrderedStore& store,
                                                   storage::WriteBatch& batch,
                                                   const storage::PolledWorkflowRow& workflow,
                                                   const UserId& user,
                                                   const std::string& credential, Instant now);

}  // namespace millrace
