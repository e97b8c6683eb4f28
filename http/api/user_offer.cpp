#include "http/api/user_offer.h"

#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/json_members.h"
#include "runtime/integrations/run_conditions.h"

#include <utility>

namespace millrace {

Result<UserOffer> UserOffer::read(const ApiCall& call, ApiServices& services) {
  const auto user = services.users.find(call.project, call.user);
  if (!user) return user.error();
  const JsonObject* const meta = *user == nullptr ? nullptr : &(*user)->meta;
  const auto live = services.workflows.live(call.project);
  if (!live) return live.error();
  UserOffer offer;
  for (const auto& entry : **live) {
    const auto workflow = services.workflows.deployed(call.project, entry.id);
    const bool is_permitted_to_user =
        workflow && is_permitted((*workflow)->permissions, call.user, meta);
    // What the draft says is what the page shows: its texts and its settings.
    offer.by_integration_[text_member(entry.draft, "integration")].push_back(
        {entry.id, std::shared_ptr<const Json>(*live, &entry.draft), is_permitted_to_user});
  }
  for (auto& [integration, workflows] : offer.by_integration_) sort_by_order(workflows);
  return offer;
}

const std::vector<OfferedWorkflow>& UserOffer::of(const std::string& integration) const {
  static const std::vector<OfferedWorkflow> none;
  const auto found = by_integration_.find(integration);
  return found == by_integration_.end() ? none : found->second;
}

}  // namespace millrace
