#include "actors/tenants/event_registry.h"

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"

#include <utility>

namespace millrace {

Result<Stored> EventRegistry::put(const ProjectId& project, const std::string& name,
                                  const Json& schema) {
  if (name.empty() || name.size() > limits::id_bytes_max || !is_valid_utf8(name)) {
    return Error(ErrorCode::invalid_request, "the name of an app event has 1 to " +
                                                 std::to_string(limits::id_bytes_max) +
                                                 " bytes of UTF-8");
  }
  const std::string text = to_text(schema);
  if (text.size() > limits::event_schema_bytes_max) {
    return Error(ErrorCode::limit_exceeded, "the example payload of an app event has at most " +
                                                std::to_string(limits::event_schema_bytes_max) +
                                                " bytes, this one has " +
                                                std::to_string(text.size()));
  }
  Stored stored = Stored::created;
  auto changed = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        stored = now.events->contains(name) ? Stored::replaced : Stored::created;
        if (stored == Stored::created && now.events->size() >= limits::events_per_project_max) {
          return Error(ErrorCode::limit_exceeded,
                       "a project has at most " + std::to_string(limits::events_per_project_max) +
                           " app events: remove one");
        }
        const storage::AppEventRow row{project, name, text, clock_.now()};
        storage::AppEventTable::put(batch, row);
        auto events = std::make_shared<ProjectEvents>(*now.events);
        events->put({name, schema, row.updated, text.size()});
        next.events = std::move(events);
        return Done{};
      });
  if (!changed) return changed.error();
  return stored;
}

Outcome EventRegistry::remove(const ProjectId& project, const std::string& name) {
  return projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        if (auto known = now.events->get(name); !known) return known.error();
        storage::AppEventTable::remove(batch, project, name);
        auto events = std::make_shared<ProjectEvents>(*now.events);
        events->remove(name);
        next.events = std::move(events);
        return Done{};
      });
}

Result<EventRegistry::Entry> EventRegistry::get(const ProjectId& project,
                                                const std::string& name) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->events->get(name);
}

Result<std::vector<EventRegistry::Entry>> EventRegistry::list(const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->events->list();
}

}  // namespace millrace
