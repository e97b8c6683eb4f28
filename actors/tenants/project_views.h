#pragma once
// The projects, as views (views.h): read when they are first asked for, changed one change of a project
// at a time. Every change goes with the project's next revision.

#include "actors/tenants/project_view.h"
#include "actors/tenants/views.h"
#include "runtime/base/log.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/app_event_table.h"
#include "storage/tables/integration_table.h"
#include "storage/tables/secret_table.h"

#include <functional>

namespace millrace {

class ProjectViews {
 public:
  using Place = Latest<ProjectView>;
  static constexpr ViewCacheLimits standard_limits{10'000, 128u << 20};

  ProjectViews(const storage::OrderedStore& store, FencedCommits commits,
               const storage::Sealer& sealer, LogSink log,
               ViewCacheLimits limits = standard_limits);

  Result<SharedProject> now(const ProjectId& project) { return views_.now(project); }
  Result<std::shared_ptr<const Place>> open(const ProjectId& project) {
    return views_.open(project);
  }

  /// Changes `next`, which begins as a copy of `now`, and adds the rows. It may ask `now.revision + 1`
  /// for the revision that `next` will have.
  using Decide =
      std::function<Outcome(const ProjectView& now, ProjectView& next, storage::WriteBatch& batch)>;
  /// Error: not_found, and those of Views::change.
  Outcome change(const ProjectId& project, const Decide& decide);
  /// Error: conflict (there is such a project), and those of Views::change.
  Outcome create(const ProjectId& project, const Decide& decide);

  /// See Views.
  void settle(const ProjectId& project) { views_.settle(project); }
  /// See FencedCommits.
  FencedCommits& commits() { return views_.commits(); }

 private:
  Outcome change_if(bool exists, const ProjectId& project, const Decide& decide);
  Result<SharedProject> read(const ProjectId& project) const;
  Result<std::shared_ptr<const ProjectSecrets>> read_secrets(const ProjectId& project) const;
  Result<std::shared_ptr<const ProjectIntegrations>> read_integrations(
      const ProjectId& project) const;
  Result<std::shared_ptr<const ProjectEvents>> read_events(const ProjectId& project) const;

  const storage::ProjectTable projects_;
  const storage::SecretTable secrets_;
  const storage::IntegrationTable integrations_;
  const storage::AppEventTable events_;
  const storage::Sealer& sealer_;
  const LogSink log_;
  Views<ProjectId, ProjectView> views_;
};

}  // namespace millrace
