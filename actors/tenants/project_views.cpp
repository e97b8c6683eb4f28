#include "actors/tenants/project_views.h"

#include "runtime/integrations/stored_integration.h"

#include <utility>

namespace millrace {

ProjectViews::ProjectViews(const storage::OrderedStore& store, FencedCommits commits,
                           const storage::Sealer& sealer, LogSink log, ViewCacheLimits limits)
    : projects_(store),
      secrets_(store),
      integrations_(store),
      events_(store),
      sealer_(sealer),
      log_(std::move(log)),
      views_(std::move(commits), limits,
             [this](const ProjectId& project) { return read(project); }) {}

Outcome ProjectViews::change(const ProjectId& project, const Decide& decide) {
  return change_if(true, project, decide);
}

Outcome ProjectViews::create(const ProjectId& project, const Decide& decide) {
  return change_if(false, project, decide);
}

Outcome ProjectViews::change_if(bool exists, const ProjectId& project, const Decide& decide) {
  return views_.change(
      project, [&](const ProjectView& now, storage::WriteBatch& batch) -> Result<SharedProject> {
        if (exists && !now.exists()) {
          return Error(ErrorCode::not_found, "no project \"" + project.text + "\"");
        }
        if (!exists && now.exists()) {
          return Error(ErrorCode::conflict, "there is a project \"" + project.text + "\" already");
        }
        auto next = std::make_shared<ProjectView>(now);
        if (auto decided = decide(now, *next, batch); !decided) return decided.error();
        next->revision = now.revision + 1;
        storage::ProjectTable::put_revision(batch, project, next->revision);
        return SharedProject(std::move(next));
      });
}

Result<SharedProject> ProjectViews::read(const ProjectId& project) const {
  auto view = std::make_shared<ProjectView>();
  auto row = projects_.project(project);
  if (!row) return row.error();
  // Strangers may ask for any name: nothing more is read for one that is none.
  if (!*row) return SharedProject(std::move(view));
  view->row = std::move(**row);
  const auto revision = projects_.revision(project);
  if (!revision) return revision.error();
  view->revision = *revision;
  auto keys = projects_.signing_keys(project);
  if (!keys) return keys.error();
  view->keys = std::make_shared<const SigningKeys>(SigningKeys{*revision, std::move(*keys)});
  auto secrets = read_secrets(project);
  if (!secrets) return secrets.error();
  view->secrets = std::move(*secrets);
  auto integrations = read_integrations(project);
  if (!integrations) return integrations.error();
  view->integrations = std::move(*integrations);
  auto events = read_events(project);
  if (!events) return events.error();
  view->events = std::move(*events);
  return SharedProject(std::move(view));
}

Result<std::shared_ptr<const ProjectSecrets>> ProjectViews::read_secrets(
    const ProjectId& project) const {
  const auto rows = secrets_.list(project);
  if (!rows) return rows.error();
  std::vector<ProjectSecrets::Opened> opened;
  std::size_t locked = 0;
  std::string why;
  for (const auto& row : *rows) {
    auto plain = sealer_.unseal(row.sealed, row.place());
    if (!plain && locked++ == 0) why = plain.error().message;
    opened.push_back({row.name, row.updated, std::move(plain)});
  }
  if (locked > 0 && log_) {
    log_(LogLevel::error, std::to_string(locked) + " secrets of the project \"" + project.text +
                              "\" do not open; the first: " + why);
  }
  return std::make_shared<const ProjectSecrets>(ProjectSecrets::of(opened));
}

/// What was accepted under milder rules stays. One that this program does not understand is logged and
/// left out.
Result<std::shared_ptr<const ProjectIntegrations>> ProjectViews::read_integrations(
    const ProjectId& project) const {
  const auto rows = integrations_.list(project);
  if (!rows) return rows.error();
  auto integrations = std::make_shared<ProjectIntegrations>();
  for (const auto& row : *rows) {
    auto definition = parse_json(row.definition, limits::stored_depth_max);
    auto compiled = definition ? compile_stored_integration(row.type, *definition)
                               : Result<std::shared_ptr<const Integration>>(definition.error());
    if (compiled) {
      integrations->put(row.type, {std::move(*compiled), row.updated, row.definition.size()});
    } else if (log_) {
      log_(LogLevel::error, "the integration \"" + row.type + "\" of the project \"" +
                                project.text +
                                "\" is not understood, put it again: " + compiled.error().message);
    }
  }
  return std::shared_ptr<const ProjectIntegrations>(std::move(integrations));
}

Result<std::shared_ptr<const ProjectEvents>> ProjectViews::read_events(
    const ProjectId& project) const {
  const auto rows = events_.list(project);
  if (!rows) return rows.error();
  auto events = std::make_shared<ProjectEvents>();
  for (const auto& row : *rows) {
    auto schema = parse_json(row.schema, limits::stored_depth_max);
    if (!schema) {
      // The other events, and whatever else the project has, do not depend on it.
      if (log_) {
        log_(LogLevel::error, "the app event \"" + row.name + "\" of the project \"" +
                                  project.text +
                                  "\" is not understood, put it again: " + schema.error().message);
      }
      continue;
    }
    events->put({row.name, std::move(*schema), row.updated, row.schema.size()});
  }
  return std::shared_ptr<const ProjectEvents>(std::move(events));
}

}  // namespace millrace
