#pragma once
// The running side of an open fan-out, owned by the branch actor whose step it is: which children
// live, which sleep, which have settled. Decisions are FanOutProgress's; this adds the handles.

#include "actors/supervision/restart_policy.h"
#include "runtime/execution/fan_out_progress.h"

#include <caf/actor.hpp>

#include <memory>
#include <unordered_map>

namespace millrace {

struct FanOutChild {
  enum class State : std::uint8_t { live, loading, asleep };
  State state = State::live;
  caf::actor actor;        // live only
  bool mail_sent = false;  // a timer was passed on to it: if it falls asleep now, look again
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
  std::size_t awake = 0;                                        // live or loading
};

}  // namespace millrace
