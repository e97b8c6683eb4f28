#include "actors/tenants/deploy_folder.h"

#include "runtime/integrations/stored_integration.h"

#include <utility>

namespace millrace {
namespace {

using Change = WorkflowLibrary::Change;

/// Those that are to be put.
Result<std::vector<EventRegistry::Draft>> plan_events(const ProjectId& project,
                                                      const FolderContent& content,
                                                      const EventRegistry& events,
                                                      FolderPlan& plan) {
  std::vector<EventRegistry::Draft> put;
  for (const auto& draft : content.events) {
    if (auto checked = EventRegistry::check(draft); !checked) {
      plan.refused_events.push_back({draft.name, checked.error()});
      continue;
    }
    const auto known = events.get(project, draft.name);
    if (!known && known.error().code != ErrorCode::not_found) return known.error();
    const bool is_same = known && known->schema == draft.schema;
    plan.events.push_back({draft.name, !known    ? Change::added
                                       : is_same ? Change::unchanged
                                                 : Change::changed});
    if (!is_same) put.push_back(draft);
  }
  return put;
}

Result<std::vector<IntegrationRegistry::Compiled>> plan_integrations(
    const ProjectId& project, const FolderContent& content, const FolderRegistries& registries,
    FolderPlan& plan) {
  const IntegrationRegistry& integrations = registries.integrations;
  std::vector<IntegrationRegistry::Compiled> put;
  for (const auto& draft : content.integrations) {
    auto one = IntegrationRegistry::compile(draft.type, draft.definition);
    if (one && registries.check_code) {
      if (auto checked = registries.check_code(*one->integration); !checked) one = checked.error();
    }
    if (!one) {
      plan.refused_integrations.push_back({draft.type, one.error()});
      // Nothing is stored now; the workflows are held against what can be read of it.
      auto read = compile_stored_integration(draft.type, draft.definition);
      if (read) put.push_back({draft.type, {}, std::move(*read)});
      continue;
    }
    const auto known = integrations.get_any(project, draft.type);
    if (!known && known.error().code != ErrorCode::not_found) return known.error();
    const bool is_same = known && known->integration->definition == draft.definition;
    plan.integrations.push_back({draft.type, !known    ? Change::added
                                             : is_same ? Change::unchanged
                                                       : Change::changed});
    if (!is_same) put.push_back(std::move(*one));
  }
  return put;
}

}  // namespace

Result<FolderPlan> deploy_folder(const ProjectId& project, const FolderContent& content,
                                 const FolderRegistries& registries, FolderMode mode) {
  FolderPlan plan;
  const auto events = plan_events(project, content, registries.events, plan);
  if (!events) return events.error();
  const auto integrations = plan_integrations(project, content, registries, plan);
  if (!integrations) return integrations.error();
  const auto catalog = registries.integrations.catalog_with(project, *integrations);
  if (!catalog) return catalog.error();
  WorkflowLibrary::CommitRows commit;
  if (mode == FolderMode::apply && !plan.is_refused()) {
    commit = [&](storage::WriteBatch rows) {
      return registries.integrations.put_all(
          project, *integrations, [&](ProjectView& next, storage::WriteBatch& batch) {
            batch.append(std::move(rows));
            return EventRegistry::add(project, *events, registries.clock.now(), next, batch);
          });
    };
  }
  auto planned = registries.workflows.deploy_all(project, content.workflows, **catalog, commit);
  if (!planned) return planned.error();
  plan.workflows = std::move(planned->workflows);
  plan.refused_workflows = std::move(planned->refused);
  return plan;
}

}  // namespace millrace
