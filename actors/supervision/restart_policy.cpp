#include "actors/supervision/restart_policy.h"

#include <algorithm>
#include <utility>

namespace millrace {

RestartDecision CrashHistory::decide(ActorEnd end, std::uint64_t durable_events) {
  if (end == ActorEnd::storage_failed) return RestartDecision::rebuild_later;
  if (end == ActorEnd::shard_moved) return RestartDecision::let_go;
  if (crashes_ == 0 || durable_events != crashed_at_) {
    crashes_ = 0;
    crashed_at_ = durable_events;
  }
  ++crashes_;
  return crashes_ >= limits::crashes_on_one_event_max ? RestartDecision::park
                                                      : RestartDecision::rebuild;
}

Millis StoragePauses::next(std::uint64_t durable_events) {
  if (std::exchange(failed_at_, durable_events) != durable_events) last_ = Millis(0);
  last_ = std::clamp(2 * last_, storage_pause_min, storage_pause_max);
  return last_;
}

}  // namespace millrace
