#pragma once
// Starts what an app event starts: every deployed workflow that listens to it, on every account of the
// user that has it enabled, together or not at all (joint_starter.h). An event that is sent again with its
// `Idempotency-Key` starts nothing anew. Free of CAF; thread-safe; blocks on the disk: for request threads.

#include "actors/gateway/admission_door.h"
#include "actors/gateway/gateway.h"
#include "actors/gateway/joint_starter.h"
#include "actors/gateway/received.h"
#include "actors/tenants/workflow_library.h"

#include <vector>

namespace millrace {

class EventStarter {
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

  explicit EventStarter(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  /// See Gateway::trigger_event.
  Result<StartedRuns> start(EventRequest request);

 private:
  using Orders = JointStarter::Orders;

  Result<StartedRuns> start_new(EventRequest request, const Received::Key* key);
  /// Adds the runs of all that listen. Nobody: that is noted.
  Outcome prepare_all(const EventRequest& request, Orders& orders);
  /// Adds the runs of one workflow.
  Outcome prepare(const JointStarter::Incoming& incoming, const std::vector<std::string>& chosen,
                  const TenantView& tenant, const WorkflowId& workflow, Orders& orders);

  Dependencies uses_;
};

}  // namespace millrace
