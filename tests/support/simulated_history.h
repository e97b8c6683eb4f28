#pragma once
// What the task history reads of a simulated run, as RunDetails would find it in a store.

#include "runtime/history/begun_elements.h"
#include "runtime/history/step_walk.h"
#include "tests/support/simulated_run.h"

#include <memory>
#include <utility>

namespace millrace {

inline Outcome read_children_of(const SimulatedRun& run, const BranchPath& parent,
                                StepIndex fan_out, std::uint32_t from,
                                const StepHistory::TakeChild& take) {
  for (const auto index : run.journal().children(parent, fan_out)) {
    if (index < from) continue;
    if (!take(index, run.journal().events(parent.child(fan_out, index)))) break;
  }
  return Done{};
}

inline std::unique_ptr<RunBranches> branches_of(const SimulatedRun& run) {
  return std::make_unique<RunBranches>(
      run.versions(), SimulatedRun::id(), run.root_events(), [&run](const BranchPath& path) {
        return Result<std::optional<std::vector<Event>>>(run.journal().stored(path));
      });
}

inline StepWalk walk_over(const SimulatedRun& run, RunBranches& branches,
                          StepWalk::MayGoOn may_go_on) {
  return StepWalk(
      branches,
      [&run](const BranchPath& parent, StepIndex fan_out, std::uint32_t from,
             const StepHistory::TakeChild& take) {
        return read_children_of(run, parent, fan_out, from, take);
      },
      [&run](const BranchPath& parent, const OpenedFanOut& fan_out) -> Result<std::uint32_t> {
        BegunElements begun(fan_out);
        Outcome met = Done{};
        ignore_result(read_children_of(run, parent, fan_out.number, 0,
                                       [&](std::uint32_t index, const std::vector<Event>& events) {
                                         met = begun.meet(index, events);
                                         return met.ok();
                                       }),
                      "a simulated journal can be read");
        if (!met) return met.error();
        return begun.end();
      },
      std::move(may_go_on));
}

}  // namespace millrace
