#include "actors/tenants/integration_registry.h"

#include "runtime/base/id_text.h"
#include "runtime/base/limits.h"
#include "runtime/integrations/resource.h"
#include "storage/tables/subscription_check.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

Outcome check(const std::string& type, const Json& definition, const std::string& text) {
  if (!is_id_text(own_name(type))) {
    return Error(
        ErrorCode::invalid_request,
        std::string(is_resource_type(type) ? "a resource's name" : "an integration's type") +
            " is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  if (!definition.is_object()) {
    return Error(ErrorCode::invalid_definition,
                 std::string(is_resource_type(type) ? "a resource" : "an integration") +
                     " is a JSON object, not " + std::string(kind_name(definition)));
  }
  if (text.size() > limits::definition_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a definition has at most " + std::to_string(limits::definition_bytes_max) +
                     " bytes, this one has " + std::to_string(text.size()));
  }
  return Done{};
}

/// Of a name that no integration can have.
Error no_integration(const std::string& name) {
  return {ErrorCode::not_found, "no integration \"" + name + '"'};
}

}  // namespace

Result<IntegrationRegistry::Compiled> IntegrationRegistry::compile(const std::string& type,
                                                                   const Json& definition) {
  std::string text = to_text(definition);
  if (auto checked = check(type, definition, text); !checked) return checked.error();
  auto compiled = compile_integration(type, definition);
  if (!compiled) return compiled.error();
  return Compiled{type, std::move(text), std::move(*compiled)};
}

std::string IntegrationRegistry::type_of(const std::string& name) const {
  // What is named like a resource's type is no integration: it is found by nobody.
  if (of_ == Of::resources) return resource_type(name);
  return is_resource_type(name) ? std::string() : name;
}

Result<Stored> IntegrationRegistry::put(const ProjectId& project, const std::string& name,
                                        const Json& definition) {
  const std::string type = type_of(name);
  auto compiled = compile(type, definition);
  if (!compiled) return compiled.error();
  const auto view = projects_.now(project);
  if (!view) return view.error();
  const bool is_there = (*view)->integrations->contains(type);
  auto stored = put_all(project, {std::move(*compiled)});
  if (!stored) return stored.error();
  return is_there ? Stored::replaced : Stored::created;
}

Outcome IntegrationRegistry::put_all(const ProjectId& project, const std::vector<Compiled>& all,
                                     const AlsoChange& also) {
  std::vector<storage::WakeRow> wakes;
  auto stored = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        auto integrations = std::make_shared<ProjectIntegrations>(*now.integrations);
        for (const Compiled& each : all) {
          const auto before = now.integrations->find_integration(each.type);
          follow(project, each.type, before.get(), each.integration.get(), batch, wakes);
          const storage::IntegrationRow row{project, each.type, each.text, clock_.now()};
          storage::IntegrationTable::put(batch, row);
          integrations->put(each.type, {each.integration, row.updated, each.text.size()});
        }
        if (integrations->size() > limits::integrations_per_project_max &&
            integrations->size() > now.integrations->size()) {
          return Error(ErrorCode::limit_exceeded,
                       "a project has at most " +
                           std::to_string(limits::integrations_per_project_max) +
                           " integrations and resources: remove one");
        }
        next.integrations = std::move(integrations);
        return also ? also(next, batch) : Outcome(Done{});
      });
  if (stored) tell(wakes);
  return stored;
}

void IntegrationRegistry::follow(const ProjectId& project, const std::string& type,
                                 const Integration* now, const Integration* next,
                                 storage::WriteBatch& batch,
                                 std::vector<storage::WakeRow>& wakes) const {
  const auto subscribes = [](const Integration* each) {
    return each != nullptr &&
           std::any_of(each->webhooks.begin(), each->webhooks.end(),
                       [](const auto& webhook) { return webhook.second.subscription != nullptr; });
  };
  if (!subscribes(now) && !subscribes(next)) return;
  wakes.push_back(wake_of(
      storage::SubscriptionCheck{storage::SubscriptionCheck::Of::integration, project, type},
      clock_.now()));
  storage::WakeTable::put(batch, wakes.back());
}

void IntegrationRegistry::tell(const std::vector<storage::WakeRow>& wakes) const {
  if (!tell_wake_) return;
  for (const storage::WakeRow& wake : wakes) tell_wake_(wake);
}

Result<std::shared_ptr<const IntegrationCatalog>> IntegrationRegistry::catalog_with(
    const ProjectId& project, const std::vector<Compiled>& all) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  auto integrations = std::make_shared<ProjectIntegrations>(*(*view)->integrations);
  for (const Compiled& each : all) {
    integrations->put(each.type, {each.integration, Instant{}, each.text.size()});
  }
  return std::shared_ptr<const IntegrationCatalog>(std::move(integrations));
}

Outcome IntegrationRegistry::remove(const ProjectId& project, const std::string& name) {
  const std::string type = type_of(name);
  if (type.empty()) return no_integration(name);
  std::vector<storage::WakeRow> wakes;
  auto stored = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        const auto known = now.integrations->get(type);
        if (!known) return known.error();
        follow(project, type, known->integration.get(), nullptr, batch, wakes);
        storage::IntegrationTable::remove(batch, project, type);
        auto integrations = std::make_shared<ProjectIntegrations>(*now.integrations);
        integrations->remove(type);
        next.integrations = std::move(integrations);
        return Done{};
      });
  if (stored) tell(wakes);
  return stored;
}

Result<std::shared_ptr<const IntegrationCatalog>> IntegrationRegistry::catalog(
    const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return std::shared_ptr<const IntegrationCatalog>((*view)->integrations);
}

Result<ProjectIntegrations::Entry> IntegrationRegistry::get(const ProjectId& project,
                                                            const std::string& name) const {
  const std::string type = type_of(name);
  if (type.empty()) return no_integration(name);
  return get_any(project, type);
}

Result<ProjectIntegrations::Entry> IntegrationRegistry::get_any(const ProjectId& project,
                                                                const std::string& type) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->integrations->get(type);
}

Result<std::vector<ProjectIntegrations::Entry>> IntegrationRegistry::list(
    const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  std::vector<Entry> list = (*view)->integrations->list();
  std::erase_if(list, [&](const Entry& each) {
    return (each.integration->resource != nullptr) != (of_ == Of::resources);
  });
  return list;
}

}  // namespace millrace
