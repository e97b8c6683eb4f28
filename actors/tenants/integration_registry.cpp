#include "actors/tenants/integration_registry.h"

#include "runtime/base/id_text.h"
#include "runtime/base/limits.h"

#include <utility>

namespace millrace {
namespace {

Outcome check(const std::string& type, const Json& definition, const std::string& text) {
  if (!is_id_text(type)) {
    return Error(ErrorCode::invalid_request,
                 "an integration's type is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  if (!definition.is_object()) {
    return Error(ErrorCode::invalid_definition,
                 "an integration is a JSON object, not " + std::string(kind_name(definition)));
  }
  if (text.size() > limits::definition_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a definition has at most " + std::to_string(limits::definition_bytes_max) +
                     " bytes, this one has " + std::to_string(text.size()));
  }
  return Done{};
}

}  // namespace

Result<Stored> IntegrationRegistry::put(const ProjectId& project, const std::string& type,
                                        const Json& definition) {
  std::string text = to_text(definition);
  if (auto checked = check(type, definition, text); !checked) return checked.error();
  auto compiled = compile_integration(type, definition);
  if (!compiled) return compiled.error();
  Stored stored = Stored::created;
  auto changed = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        stored = now.integrations->contains(type) ? Stored::replaced : Stored::created;
        if (stored == Stored::created &&
            now.integrations->size() >= limits::integrations_per_project_max) {
          return Error(ErrorCode::limit_exceeded,
                       "a project has at most " +
                           std::to_string(limits::integrations_per_project_max) +
                           " integrations: remove one");
        }
        const storage::IntegrationRow row{project, type, text, clock_.now()};
        storage::IntegrationTable::put(batch, row);
        auto integrations = std::make_shared<ProjectIntegrations>(*now.integrations);
        integrations->put(type, {*compiled, row.updated, text.size()});
        next.integrations = std::move(integrations);
        return Done{};
      });
  if (!changed) return changed.error();
  return stored;
}

Outcome IntegrationRegistry::remove(const ProjectId& project, const std::string& type) {
  return projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        if (auto known = now.integrations->get(type); !known) return known.error();
        storage::IntegrationTable::remove(batch, project, type);
        auto integrations = std::make_shared<ProjectIntegrations>(*now.integrations);
        integrations->remove(type);
        next.integrations = std::move(integrations);
        return Done{};
      });
}

Result<std::shared_ptr<const IntegrationCatalog>> IntegrationRegistry::catalog(
    const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return std::shared_ptr<const IntegrationCatalog>((*view)->integrations);
}

Result<ProjectIntegrations::Entry> IntegrationRegistry::get(const ProjectId& project,
                                                            const std::string& type) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->integrations->get(type);
}

Result<std::vector<ProjectIntegrations::Entry>> IntegrationRegistry::list(
    const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->integrations->list();
}

}  // namespace millrace
