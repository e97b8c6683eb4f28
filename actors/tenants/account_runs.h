#pragma once
// Port: what a change of an account starts. Workflows with the trigger `integrationEnabled` run once for each
// account, when it is ready, and for each further configuration of it that has them enabled; those with the trigger
// `oauth` run at each completed sign-in, in each configuration that has them enabled.
//
// The first rows of such runs are in the commit of the change itself, and so is the account's note that it
// has started them. So a crash leaves both or neither, and neither a repeat nor a race of two changes (which
// come one after the other, user_views.h) starts a workflow twice.

#include "actors/tenants/tenant_view.h"
#include "actors/tenants/user_view.h"
#include "runtime/base/result.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// An account as it will be once the change is durable.
struct ChangedAccount {
  UserKey owner;
  SharedCredential credential;
  SharedTenant tenant;  // with the account in it
  bool is_new = false;
  /// The change is a sign-in at the provider that has granted these.
  std::optional<std::vector<std::string>> scopes;
};

class AccountRuns {
 public:
  /// Of one change: asked for before the user is locked, so that nothing of the project is read under it.
  class Plan {
   public:
    virtual ~Plan() = default;
    /// Adds the first rows of all runs that the change starts. `begun`: the workflows that the account has
    /// started by being ready, those of further configurations as "<configuration>/<workflow>"; grows. Errors:
    /// overloaded, limit_exceeded; then nothing may be committed.
    virtual Outcome add(const ChangedAccount& account, std::vector<std::string>& begun,
                        storage::WriteBatch& batch) = 0;
    /// What was added is durable. If it is not told so, the runs go on when the store is opened again, if
    /// their rows are there, as the change itself then is.
    virtual void stored() = 0;
  };

  virtual ~AccountRuns() = default;
  /// Blocks on the disk. Errors: those of the store.
  virtual Result<std::unique_ptr<Plan>> plan(const ProjectId& project,
                                             const std::string& integration) = 0;
};

}  // namespace millrace
