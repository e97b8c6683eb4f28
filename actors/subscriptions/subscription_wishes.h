#pragma once
// Which subscriptions a user's accounts should have: one for each webhook with a `subscribe` on which a deployed
// workflow is that would run for the account, were something delivered. Blocks on the disk.

#include "actors/tenants/project_views.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/user_views.h"
#include "actors/tenants/workflow_library.h"
#include "storage/tables/subscription_table.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace millrace {

struct SubscriptionWish {
  std::string integration;
  std::string credential;
  std::string webhook;
  Webhook::Scope scope = Webhook::Scope::user;
  std::string definition;  // SubscriptionRow::definition
};

struct WishedSubscriptions {
  std::vector<SubscriptionWish> wishes;
  /// Accounts that their provider does not take at this moment: what they have stays, because nobody could end
  /// it, and nothing is added.
  std::set<std::string> paused;

  const SubscriptionWish* find(const storage::SubscriptionRow& row) const;
};

class SubscriptionWishes {
 public:
  SubscriptionWishes(ProjectViews& projects, UserViews& users, const Tenants& tenants,
                     WorkflowLibrary& workflows)
      : projects_(projects), users_(users), tenants_(tenants), workflows_(workflows) {}

  Result<WishedSubscriptions> of(const UserKey& owner);
  /// The live workflow, if it is on a webhook that has a `subscribe`; else null.
  Result<std::shared_ptr<const Workflow>> subscribing(const ProjectId& project,
                                                      const WorkflowId& workflow) const;
  /// Those that the account has enabled on the webhook, `concerned_max` at most. What cannot be read is left out.
  static constexpr std::size_t concerned_max = 10;
  std::vector<WorkflowId> concerned(const storage::SubscriptionRow& row) const;

 private:
  Outcome add(const UserKey& owner, const Integration& integration, const Credential& account,
              const TenantView& tenant, WishedSubscriptions& wished);

  ProjectViews& projects_;
  UserViews& users_;
  const Tenants& tenants_;
  WorkflowLibrary& workflows_;
};

/// Where the workflow's trigger is a webhook's: its name; else empty.
const std::string& webhook_of(const Workflow& workflow);
/// What is kept of an integration to end, or to renew, a subscription that was made by it.
std::string definition_for(const Integration& integration, const std::string& webhook);
/// True if both ask the provider for the same.
bool asks_for_the_same(const std::string& definition, const std::string& other);

}  // namespace millrace
