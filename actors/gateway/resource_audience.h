#pragma once
// Whom a delivery of a resource is for. The company's own API knows its users by the ids that their tokens
// have; where it names none, a delivery is for every user who has a workflow on it. Reads index rows;
// whether a run may begin is for the tenant's views. Thread-safe; blocks on the disk: for request threads.

#include "actors/tenants/user_views.h"
#include "actors/tenants/workflow_library.h"
#include "storage/ordered_store.h"

#include <string>
#include <vector>

namespace millrace {

class ResourceAudience {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    WorkflowLibrary& workflows;
    UserViews& users;
  };

  explicit ResourceAudience(Dependencies dependencies) : uses_(dependencies) {}

  /// The user of that id, if there is one.
  Result<std::vector<UserId>> named(const ProjectId& project, const std::string& id) const;

  /// Whoever has one of the deployed workflows on the webhook enabled, or, of one that needs no account, each
  /// user of the project; each once. More than `users_max`: that many and at least one more. Error:
  /// workflow_not_deployed (none listens to it), those of the store.
  Result<std::vector<UserId>> all(const ProjectId& project, const std::string& resource,
                                  const std::string& webhook, std::size_t users_max) const;

 private:
  const Dependencies uses_;
};

}  // namespace millrace
