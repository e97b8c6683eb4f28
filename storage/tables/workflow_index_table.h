#pragma once
// Index rows of workflows: found by what starts them, and by the integration whose accounts have
// them enabled from the start. They lie on the project's shard and are views of workflow rows, which
// say in `found_by` what rows they have: so a change needs no look into definitions.

#include "runtime/base/ids.h"
#include "runtime/definitions/found_by.h"
#include "storage/ordered_store.h"

#include <string_view>
#include <vector>

namespace millrace::storage {

class WorkflowIndexTable {
 public:
  explicit WorkflowIndexTable(const OrderedStore& store) : store_(store) {}

  /// From what the workflow was found by to what it is found by now.
  static void replace(WriteBatch& batch, const ProjectId& project, const WorkflowId& workflow,
                      const FoundBy& before, const FoundBy& after);

  /// The deployed workflows of the project that wait for this kind of trigger (TriggerKind::type)
  /// under this name (TriggerKind::name), in the order of their ids.
  Result<std::vector<WorkflowId>> workflows_for(const ProjectId& project, std::string_view kind,
                                                std::string_view name) const;
  /// Those that wait for this kind under any name.
  Result<std::vector<WorkflowId>> workflows_for(const ProjectId& project,
                                                std::string_view kind) const;
  /// The workflows that an account of this integration has enabled from the start.
  Result<std::vector<WorkflowId>> enabled_by_default(const ProjectId& project,
                                                     std::string_view integration) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
