#pragma once
// Deploys a folder of app events, integrations, resources and workflows as one thing: everything is checked first,
// against the integrations as they will be, and then all of it is one commit, or nothing is.

#include "actors/tenants/event_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/workflow_library.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace {

struct FolderContent {
  struct IntegrationDraft {
    std::string type;  // of a resource, too: runtime/integrations/resource.h
    Json definition;
  };
  std::vector<EventRegistry::Draft> events;
  std::vector<IntegrationDraft> integrations;
  std::vector<WorkflowLibrary::Draft> workflows;
};

struct FolderPlan {
  struct EventChange {
    std::string name;
    WorkflowLibrary::Change change = WorkflowLibrary::Change::added;
  };
  struct EventRefusal {
    std::string name;
    Error why;
  };
  struct IntegrationChange {
    std::string type;
    WorkflowLibrary::Change change = WorkflowLibrary::Change::added;
  };
  struct IntegrationRefusal {
    std::string type;
    Error why;
  };
  std::vector<EventChange> events;
  std::vector<IntegrationChange> integrations;
  std::vector<WorkflowLibrary::Planned> workflows;
  std::vector<EventRefusal> refused_events;
  std::vector<IntegrationRefusal> refused_integrations;
  std::vector<WorkflowLibrary::Refusal> refused_workflows;

  /// Nothing was done.
  bool is_refused() const {
    return !refused_events.empty() || !refused_integrations.empty() || !refused_workflows.empty();
  }
};

enum class FolderMode : std::uint8_t { check, apply };

struct FolderRegistries {
  EventRegistry& events;
  IntegrationRegistry& integrations;
  WorkflowLibrary& workflows;
  const Clock& clock;
  /// Looks at the code of an integration's webhooks. Error: invalid_definition. May be empty.
  std::function<Outcome(const Integration&)> check_code{};
};

/// Errors: those of WorkflowLibrary::deploy_all and IntegrationRegistry::put_all. Blocks on the disk and
/// the function engine: request threads only.
Result<FolderPlan> deploy_folder(const ProjectId& project, const FolderContent& content,
                                 const FolderRegistries& registries, FolderMode mode);

}  // namespace millrace
