#include "actors/supervision/restart_policy.h"

namespace millrace {

RestartDecision CrashHistory::decide(ActorEnd end, std::uint64_t durable_events) {
  if (end == ActorEnd::storage_failed) return RestartDecision::rebuild_later;
  if (crashes_ == 0 || durable_events != crashed_at_) {
    crashes_ = 0;
    crashed_at_ = durable_events;
  }
  ++crashes_;
  return crashes_ >= limits::crashes_on_one_event_max ? RestartDecision::park
                                                      : RestartDecision::rebuild;
}

}  // namespace millrace
