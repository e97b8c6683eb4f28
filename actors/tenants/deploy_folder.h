#pragma once
// Deploys a folder of integrations and workflows as one thing: everything is checked first, against the
// integrations as they will be, and then all of it is one commit, or nothing is.

#include "actors/tenants/integration_registry.h"
#include "actors/tenants/workflow_library.h"

#include <string>
#include <vector>

namespace millrace {

struct FolderContent {
  struct IntegrationDraft {
    std::string type;
    Json definition;
  };
  std::vector<IntegrationDraft> integrations;
  std::vector<WorkflowLibrary::Draft> workflows;
};

struct FolderPlan {
  struct IntegrationChange {
    std::string type;
    WorkflowLibrary::Change change = WorkflowLibrary::Change::added;
  };
  struct IntegrationRefusal {
    std::string type;
    Error why;
  };
  std::vector<IntegrationChange> integrations;
  std::vector<WorkflowLibrary::Planned> workflows;
  std::vector<IntegrationRefusal> refused_integrations;
  std::vector<WorkflowLibrary::Refusal> refused_workflows;

  /// Nothing was done.
  bool is_refused() const { return !refused_integrations.empty() || !refused_workflows.empty(); }
};

enum class FolderMode : std::uint8_t { check, apply };

/// Errors: those of WorkflowLibrary::deploy_all and IntegrationRegistry::put_all. Blocks on the disk and
/// the function engine: request threads only.
Result<FolderPlan> deploy_folder(const ProjectId& project, const FolderContent& content,
                                 IntegrationRegistry& integrations, WorkflowLibrary& workflows,
                                 FolderMode mode);

}  // namespace millrace
