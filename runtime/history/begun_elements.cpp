#include "runtime/history/begun_elements.h"

#include "runtime/base/check.h"
#include "runtime/base/limits.h"
#include "runtime/execution/step_counter.h"
#include "runtime/workflows/step_order.h"

#include <algorithm>
#include <string>

namespace millrace {
namespace {

std::uint32_t left_of(std::uint32_t room, std::uint32_t taken) {
  return room - std::min(room, taken);
}

}  // namespace

Outcome BegunElements::meet(std::uint32_t index, const std::vector<Event>& events) {
  StepCounter counter(fan_out_.workflow, StepCounter::Inside::left_out);
  counter.begin(first_step_inside(*fan_out_.step), fan_out_.inside.began);
  try {
    for (const Event& event : events) counter.meet(event);
  } catch (const BugFound& problem) {
    return Error(ErrorCode::corrupt_data,
                 std::string("a journal does not fit its workflow: ") + problem.what());
  }
  const StepCounts changes = counter.take_changes();
  for (const StepCount& count : changes.all()) {
    // At most one: where it stands.
    awake_ += static_cast<std::uint32_t>(count.executing);
    unsettled_ += static_cast<std::uint32_t>(count.executing + count.delayed);
  }
  ++met_;
  end_ = index + 1;
  return Done{};
}

void BegunElements::pass_to(std::uint32_t index) {
  if (index < end_) return;
  met_ += index + 1 - end_;
  end_ = index + 1;
}

std::uint32_t BegunElements::end() const {
  constexpr auto live_max = static_cast<std::uint32_t>(limits::fan_out_children_live_max);
  const auto& concurrency = std::get<FanOutStep>(fan_out_.step->config).concurrency;
  std::uint32_t room = left_of(live_max, awake_);
  if (concurrency) room = std::min(room, left_of(*concurrency, unsettled_));
  return std::min(fan_out_.count, end_ + left_of(room, end_ - met_));
}

StepIndex first_step_inside(const Step& fan_out) {
  return first_of(std::get<FanOutStep>(fan_out.config).steps, no_step);
}

}  // namespace millrace
