#pragma once
// Starts what a change of an account starts (actors/tenants/account_runs.h), as app events are started: rows
// first, in the commit of the change, then each run is resumed from them. Free of CAF; thread-safe; blocks on the disk: for request
// threads.

#include "actors/gateway/joint_starter.h"
#include "actors/tenants/account_runs.h"
#include "actors/tenants/workflow_library.h"

namespace millrace {

class AccountStarter final : public AccountRuns {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    WorkflowLibrary& workflows;
    const JointStarter& joint;
  };

  explicit AccountStarter(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  Result<std::unique_ptr<Plan>> plan(const ProjectId& project,
                                     const std::string& integration) override;

 private:
  class OfChange;

  const Dependencies uses_;
};

}  // namespace millrace
