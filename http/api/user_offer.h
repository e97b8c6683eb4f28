#pragma once
// What integrations offer to the user who asks: their deployed workflows, and whether this user may have them. Read
// once for a request; used by its thread.

#include "actors/tenants/user_view.h"
#include "http/api/api_call.h"
#include "http/api/sdk_shapes.h"

#include <string_view>
#include <vector>

namespace millrace {

class UserOffer {
 public:
  /// Blocks on the disk. Errors: those of the store.
  static Result<UserOffer> read(const ApiCall& call, ApiServices& services);

  std::vector<OfferedWorkflow> of(std::string_view integration) const;
  /// False also for a workflow that cannot be read.
  bool permits(const WorkflowId& workflow) const;

 private:
  UserOffer(const ApiCall& call, ApiServices& services, SharedUser user,
            std::vector<WorkflowLibrary::Entry> workflows)
      : call_(call),
        services_(services),
        user_(std::move(user)),
        workflows_(std::move(workflows)) {}

  const ApiCall& call_;
  ApiServices& services_;
  SharedUser user_;  // null: never seen
  std::vector<WorkflowLibrary::Entry> workflows_;
};

}  // namespace millrace
