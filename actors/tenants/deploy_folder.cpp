#include "actors/tenants/deploy_folder.h"

#include <utility>

namespace millrace {

Result<FolderPlan> deploy_folder(const ProjectId& project, const FolderContent& content,
                                 IntegrationRegistry& integrations, WorkflowLibrary& workflows,
                                 FolderMode mode) {
  using Change = WorkflowLibrary::Change;
  FolderPlan plan;
  std::vector<IntegrationRegistry::Compiled> compiled;
  for (const auto& draft : content.integrations) {
    auto one = IntegrationRegistry::compile(draft.type, draft.definition);
    if (!one) {
      plan.refused_integrations.push_back({draft.type, one.error()});
      continue;
    }
    const auto known = integrations.get(project, draft.type);
    if (!known && known.error().code != ErrorCode::not_found) return known.error();
    const bool is_same = known && known->integration->definition == draft.definition;
    plan.integrations.push_back({draft.type, !known    ? Change::added
                                             : is_same ? Change::unchanged
                                                       : Change::changed});
    if (!is_same) compiled.push_back(std::move(*one));
  }
  const auto catalog = integrations.catalog_with(project, compiled);
  if (!catalog) return catalog.error();
  WorkflowLibrary::CommitRows commit;
  if (mode == FolderMode::apply && plan.refused_integrations.empty()) {
    commit = [&](storage::WriteBatch batch) {
      return integrations.put_all(project, compiled, std::move(batch));
    };
  }
  auto planned = workflows.deploy_all(project, content.workflows, **catalog, commit);
  if (!planned) return planned.error();
  plan.workflows = std::move(planned->workflows);
  plan.refused_workflows = std::move(planned->refused);
  return plan;
}

}  // namespace millrace
