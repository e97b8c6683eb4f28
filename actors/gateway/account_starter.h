#pragma once
// Starts what a change of an account starts (actors/tenants/account_runs.h), as app events are started: rows
// first, in the commit of the change, then each run is resumed from them. An account that has a polled workflow
// enabled from then on begins to be polled (actors/tenants/follow_poll.h). Free of CAF; thread-safe; blocks on the
// disk: for request
// threads.

#include "actors/gateway/joint_starter.h"
#include "actors/tenants/account_runs.h"
#include "actors/tenants/workflow_library.h"
#include "storage/tables/poll_table.h"

namespace millrace {

class AccountStarter final : public AccountRuns {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    WorkflowLibrary& workflows;
    const JointStarter& joint;
    /// A wake is durable. Returns at once.
    std::function<void(const storage::WakeRow&)> schedule;
    const Clock& clock;
  };

  explicit AccountStarter(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  Result<std::unique_ptr<Plan>> plan(const ProjectId& project,
                                     const std::string& integration) override;

 private:
  class OfChange;
  /// Deployed, and polled for accounts of the integration.
  struct Polled {
    std::shared_ptr<const Workflow> workflow;
    storage::PolledWorkflowRow row;
  };

  /// The deployed workflows of these ids that belong to the integration and have this kind of trigger.
  Result<std::vector<std::shared_ptr<const Workflow>>> deployed(const ProjectId& project,
                                                                const std::string& integration,
                                                                const TriggerKind& kind,
                                                                const std::vector<WorkflowId>& ids);
  Result<std::vector<Polled>> polled(const ProjectId& project, const std::string& integration);

  const Dependencies uses_;
};

}  // namespace millrace
