#pragma once
// How a project's environment secrets are put, removed and listed; runs read them from the project's
// view. Thread-safe. Blocks on the disk: for request threads only.

#include "actors/tenants/project_views.h"
#include "actors/tenants/stored.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class SecretRegistry {
 public:
  SecretRegistry(ProjectViews& projects, const Clock& clock, const storage::Sealer& sealer)
      : projects_(projects), clock_(clock), sealer_(sealer) {}

  /// Durable when it returns. Errors: invalid_request (the name is not `[A-Za-z_][A-Za-z0-9_]*` of at
  /// most 128 characters, or the value is empty or too short to be redacted), limit_exceeded,
  /// not_found (no such project).
  Result<Stored> put(const ProjectId& project, const std::string& name, std::string_view value);
  /// Durable when it returns. Error: not_found.
  Outcome remove(const ProjectId& project, const std::string& name);

  /// In the order of their names; never the values.
  Result<std::vector<ProjectSecrets::Listed>> names(const ProjectId& project) const;

 private:
  ProjectViews& projects_;
  const Clock& clock_;
  const storage::Sealer& sealer_;
};

}  // namespace millrace
