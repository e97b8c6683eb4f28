#pragma once
// The order to begin an execution, as the gateway hands it to the actors.

#include "actors/runs/once_slot.h"
#include "actors/runs/run_files.h"
#include "actors/runs/trigger_reply.h"
#include "actors/tenants/tenant_view.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <memory>

namespace millrace {

using ReplySlot = OnceSlot<Result<TriggerReply>>;
using OutcomeSlot = OnceSlot<Outcome>;

struct RunOrder {
  ExecutionId execution;
  Instant submitted{};
  std::shared_ptr<const Workflow> workflow;
  ExecutionStarted started;
  SharedTenant tenant;
  RunFiles files;  // that came with the request; stored with the first event
  std::shared_ptr<ReplySlot> reply;
};

}  // namespace millrace
