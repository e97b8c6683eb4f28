#pragma once
// What a supervisor does when an actor under it ends abnormally. Pure: (reason, history) -> decision.

#include "runtime/base/clock.h"
#include "runtime/base/limits.h"

#include <cstdint>

namespace millrace {

enum class ActorEnd : std::uint8_t {
  crash,           // an exception: most likely a bug met on some event
  storage_failed,  // its commit failed; it dropped its state on purpose
  shard_moved,     // another node owns its shard now
};

enum class RestartDecision : std::uint8_t {
  rebuild,        // from the journal, now
  rebuild_later,  // from the journal, after a pause (StoragePauses): the disk is not well
  park,    // end the execution as FAILED with the reason; the rest of its user's work goes on
  let_go,  // nothing is rebuilt here: the new owner goes on from the journal
};

inline constexpr Millis storage_pause_min{1'000};
inline constexpr Millis storage_pause_max{60'000};

/// How long a run waits until it is rebuilt while the disk is not well: twice as long each time, so that
/// what it sends is not sent over and over; from the beginning when it got further in between.
class StoragePauses {
 public:
  /// `durable_events`: as for CrashHistory.
  Millis next(std::uint64_t durable_events);

 private:
  std::uint64_t failed_at_ = 0;
  Millis last_{0};
};

/// Crashes are counted per event: a run that got further since its last crash starts afresh.
class CrashHistory {
 public:
  /// `durable_events`: how many events the journal held when the actor was last built.
  RestartDecision decide(ActorEnd end, std::uint64_t durable_events);

 private:
  std::uint64_t crashed_at_ = 0;
  std::size_t crashes_ = 0;
};

}  // namespace millrace
