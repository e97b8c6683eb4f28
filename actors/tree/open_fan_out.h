#pragma once
// The running side of an open fan-out, owned by the branch actor whose step it is: which children
// live, which sleep, which have settled. Decisions are FanOutProgress's; this adds the handles.

#include "actors/supervision/restart_policy.h"
#include "runtime/execution/fan_out_progress.h"

#include <caf/actor.hpp>

#include <deque>
#include <memory>
#include <unordered_map>

namespace millrace {

struct FanOutChild {
  enum class State : std::uint8_t {
    asleep,   // on the disk only; left when a timer fires
    ready,    // likewise, and waits for a place in memory
    loading,  // has a place; left when it has been read from the disk
    live,     // has a place and an actor; left when that falls asleep or ends
  };
  bool is_awake() const { return state == State::loading || state == State::live; }

  State state = State::asleep;
  caf::actor actor;         // live only
  bool mail_sent = false;   // a timer was passed on to it: if it falls asleep now, look again
  bool is_delayed = false;  // asleep only: it sleeps in a delay, not between two attempts
  CrashHistory crashes;
};

struct OpenFanOut {
  OpenFanOut(const Workflow& workflow, const Step& fan_out_step, Json all_items,
             std::shared_ptr<const BranchScope> frozen, Instant opened)
      : step(fan_out_step),
        items(std::move(all_items)),
        scope(std::move(frozen)),
        started(opened),
        progress(workflow, fan_out_step, static_cast<std::uint32_t>(items.get_array().size())) {}

  const Step& step;
  Json items;
  std::shared_ptr<const BranchScope> scope;
  Instant started;
  FanOutProgress progress;
  std::unordered_map<std::uint32_t, FanOutChild> children;      // begun and not settled
  std::unordered_map<caf::actor_addr, std::uint32_t> index_of;  // of live children
  std::deque<std::uint32_t> ready;                              // begun, waiting for a place
  std::size_t awake = 0;                                        // live or loading
  /// Nothing more starts or wakes, what sleeps is abandoned: the fan-out fails or its branch stops.
  bool is_stopping = false;
  /// Its branch falls asleep, because all children sleep in delays; false as soon as one wakes.
  bool is_delayed = false;
};

}  // namespace millrace
