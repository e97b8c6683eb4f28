#include "actors/tenants/event_registry.h"

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"

#include <utility>

namespace millrace {

Outcome EventRegistry::check(const Draft& draft) {
  const std::string& name = draft.name;
  if (name.empty() || name.size() > limits::id_bytes_max || !is_valid_utf8(name)) {
    return Error(ErrorCode::invalid_request, "the name of an app event has 1 to " +
                                                 std::to_string(limits::id_bytes_max) +
                                                 " bytes of UTF-8");
  }
  const std::size_t bytes = to_text(draft.schema).size();
  if (bytes > limits::event_schema_bytes_max) {
    return Error(ErrorCode::limit_exceeded, "the example payload of an app event has at most " +
                                                std::to_string(limits::event_schema_bytes_max) +
                                                " bytes, this one has " + std::to_string(bytes));
  }
  return Done{};
}

Outcome EventRegistry::add(const ProjectId& project, const std::vector<Draft>& drafts, Instant at,
                           ProjectView& next, storage::WriteBatch& batch) {
  auto events = std::make_shared<ProjectEvents>(*next.events);
  const std::size_t before = events->size();
  for (const Draft& draft : drafts) {
    std::string text = to_text(draft.schema);
    events->put({draft.name, draft.schema, at, text.size()});
    storage::AppEventTable::put(batch, {project, draft.name, std::move(text), at});
  }
  if (events->size() > limits::events_per_project_max && events->size() > before) {
    return Error(ErrorCode::limit_exceeded, "a project has at most " +
                                                std::to_string(limits::events_per_project_max) +
                                                " app events: remove one");
  }
  next.events = std::move(events);
  return Done{};
}

Result<Stored> EventRegistry::put(const ProjectId& project, const std::string& name,
                                  const Json& schema) {
  const Draft draft{name, schema};
  if (auto checked = check(draft); !checked) return checked.error();
  Stored stored = Stored::created;
  auto changed = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        stored = now.events->contains(name) ? Stored::replaced : Stored::created;
        return add(project, {draft}, clock_.now(), next, batch);
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
