#pragma once
// Starts what a verified delivery starts for one user: for each of its events every deployed workflow on
// that webhook, or on a trigger of the integration whose `when` holds, on each of the accounts that it is
// for and that has the workflow enabled; of a resource's webhook on each account that has it enabled. All runs together
// or none (joint_starter.h). An event whose id came within the last day starts nothing anew: the runs are those that it
// has started then. Free of CAF; thread-safe; blocks on the disk: for request threads.

#include "actors/gateway/admission_door.h"
#include "actors/gateway/gateway.h"
#include "actors/gateway/joint_starter.h"
#include "actors/gateway/received.h"
#include "actors/tenants/workflow_library.h"

#include <memory>
#include <vector>

namespace millrace {

class DeliveryStarter {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    WorkflowLibrary& workflows;
    const Tenants& tenants;
    JointStarter& joint;
    AdmissionDoor& admission;
    Received& received;
  };

  explicit DeliveryStarter(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  /// See Gateway::deliver.
  Result<std::vector<ExecutionId>> start(Delivery delivery);

 private:
  using Listeners = std::vector<std::shared_ptr<const Workflow>>;
  class Run;  // one delivery on its way

  Result<Listeners> listeners(const Delivery& delivery) const;

  Dependencies uses_;
};

}  // namespace millrace
