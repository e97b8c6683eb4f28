#pragma once
// A project's app events: what its application may send, each with an example payload. Thread-safe. Blocks
// on the disk: for request threads only.

#include "actors/tenants/project_views.h"
#include "actors/tenants/stored.h"

#include <string>
#include <vector>

namespace millrace {

class EventRegistry {
 public:
  using Entry = ProjectEvents::Entry;

  EventRegistry(ProjectViews& projects, const Clock& clock) : projects_(projects), clock_(clock) {}

  struct Draft {
    std::string name;
    Json schema;
  };

  /// Errors: invalid_request, limit_exceeded; as of `put`.
  static Outcome check(const Draft& draft);
  /// Adds checked ones to what the project will be. Error: limit_exceeded.
  static Outcome add(const ProjectId& project, const std::vector<Draft>& drafts, Instant at,
                     ProjectView& next, storage::WriteBatch& batch);

  /// Durable when it returns. Errors: invalid_request (the name has not 1 to 128 bytes), limit_exceeded,
  /// not_found (no such project).
  Result<Stored> put(const ProjectId& project, const std::string& name, const Json& schema);
  /// Workflows that listen to it stay, and are started by nothing. Error: not_found.
  Outcome remove(const ProjectId& project, const std::string& name);

  /// Error: not_found, with the nearest name.
  Result<Entry> get(const ProjectId& project, const std::string& name) const;
  /// In the order of their names.
  Result<std::vector<Entry>> list(const ProjectId& project) const;

 private:
  ProjectViews& projects_;
  const Clock& clock_;
};

}  // namespace millrace
