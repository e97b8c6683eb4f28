#pragma once
// Tenants over the views of projects and users. Thread-safe.

#include "actors/tenants/project_views.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/user_views.h"

namespace millrace {

/// The tenant of a project with the user as `user` says, whoever the user is by now: for whoever is about to
/// change the user, and has to know what will be.
SharedTenant tenant_with(std::shared_ptr<const ProjectViews::Place> project, SharedUserView user,
                         const Clock& clock);

class StoredTenants final : public Tenants {
 public:
  StoredTenants(ProjectViews& projects, UserViews& users, const Clock& clock)
      : projects_(projects), users_(users), clock_(clock) {}

  Result<SharedTenant> view(const ProjectId& project, const UserId& user) const override;

 private:
  ProjectViews& projects_;
  UserViews& users_;
  const Clock& clock_;
};

}  // namespace millrace
