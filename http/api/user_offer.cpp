#include "http/api/user_offer.h"

#include "actors/tenants/user_registry.h"
#include "runtime/integrations/run_conditions.h"

namespace millrace {

Result<UserOffer> UserOffer::read(const ApiCall& call, ApiServices& services) {
  auto user = services.users.find(call.project, call.user);
  if (!user) return user.error();
  auto workflows = services.workflows.list(call.project);
  if (!workflows) return workflows.error();
  return UserOffer(call, services, std::move(*user), std::move(*workflows));
}

std::vector<OfferedWorkflow> UserOffer::of(std::string_view integration) const {
  return offered_workflows(integration, workflows_,
                           [this](const WorkflowId& workflow) { return permits(workflow); });
}

bool UserOffer::permits(const WorkflowId& workflow) const {
  const auto live = services_.workflows.deployed(call_.project, workflow);
  return live &&
         is_permitted((*live)->permissions, call_.user, user_ == nullptr ? nullptr : &user_->meta);
}

}  // namespace millrace
