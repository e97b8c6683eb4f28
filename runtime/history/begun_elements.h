#pragma once
// How far the elements of an open fan-out have begun: of one whose first step runs, nothing is stored yet. They
// begin in their order, so those before one that has a journal have begun as well; behind the last of these, as
// many as there is room for. An element keeps its seat among `concurrency` until it has ended, its place in
// memory (limits::fan_out_children_live_max) only while it is awake. Pure.

#include "runtime/history/branch_replay.h"

#include <cstdint>
#include <vector>

namespace millrace {

class BegunElements {
 public:
  /// Outlives this.
  explicit BegunElements(const OpenedFanOut& fan_out) : fan_out_(fan_out) {}

  /// One that has a journal; in their order. Errors: corrupt_data.
  Outcome meet(std::uint32_t index, const std::vector<Event>& events);
  /// Up to this one nobody looks at them: as if all of them had ended.
  void pass_to(std::uint32_t index);
  /// Behind the last one that may have begun.
  std::uint32_t end() const;

 private:
  const OpenedFanOut& fan_out_;
  std::uint32_t end_ = 0;        // behind the last one that was met
  std::uint32_t met_ = 0;        // the others before `end_` run their first step
  std::uint32_t unsettled_ = 0;  // of those that were met
  std::uint32_t awake_ = 0;      // likewise
};

/// The first step of the fan-out's elements; no_step: they have none.
StepIndex first_step_inside(const Step& fan_out);

}  // namespace millrace
