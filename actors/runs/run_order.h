#pragma once
// The order to begin an execution, as the starter hands it to the actors.

#include "actors/runs/once_slot.h"
#include "actors/runs/run_files.h"
#include "actors/runs/run_rules.h"
#include "actors/runs/run_secrets.h"
#include "actors/runs/trigger_reply.h"
#include "actors/tenants/tenant_view.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <cstdint>
#include <memory>

namespace millrace {

/// Where the reply of a run is given, and that it exists on the disk.
class ReplySlot : public OnceSlot<Result<TriggerReply>> {
 public:
  /// The run is durable, and goes on whatever happens.
  void note_stored() { stored_.give(Done{}); }
  /// False: not within this time. For whoever has waited for the reply in vain.
  bool wait_until_stored(Millis patience) { return stored_.wait_for(patience).has_value(); }

 private:
  OnceSlot<Done> stored_;
};
using OutcomeSlot = OnceSlot<Outcome>;

/// When the reply is given, if the run goes well; a run that fails before is answered with that.
enum class ReplyAt : std::uint8_t {
  durable,   // it is on disk and will happen
  response,  // its Response step ran, or it ended without reaching one
  end,       // it has ended
};

struct RunOrder {
  ExecutionId execution;
  Instant submitted{};
  std::shared_ptr<const Workflow> workflow;
  ExecutionStarted started;
  RunFiles files;  // that came with its trigger's output; stored with the first event
  ReplyAt reply_at = ReplyAt::durable;
  SharedTenant tenant;
  std::shared_ptr<RunRules> rules;
  std::shared_ptr<ReplySlot> reply;
  /// What the run knows from the beginning, of a run that it does again; null: nothing.
  std::shared_ptr<RunSecrets> secrets;
};

}  // namespace millrace
