#include "runtime/execution/step_counter.h"

#include "runtime/base/check.h"
#include "runtime/workflows/step_order.h"

#include <algorithm>
#include <utility>

namespace millrace {

void StepCounter::meet(const Event& event) {
  std::visit([&](const auto& body) { on(event.at, body); }, event.body);
}

StepCounts StepCounter::take_changes() {
  const auto count = [&](const std::optional<Standing>& standing, std::int64_t change) {
    if (!standing) return;
    StepCount& step = changes_.of(standing->step);
    (standing->is_delayed ? step.delayed : step.executing) += change;
  };
  const bool has_moved =
      told_.has_value() != now_.has_value() ||
      (now_ && (told_->step != now_->step || told_->is_delayed != now_->is_delayed));
  if (has_moved) {
    count(told_, -1);
    count(now_, 1);
  }
  told_ = now_;
  return std::exchange(changes_, {});
}

std::optional<StepIndex> StepCounter::open_fan_out() const {
  return now_ && now_->is_open_fan_out ? std::optional(now_->step) : std::nullopt;
}

void StepCounter::on(Instant at, const StepCompleted& event) {
  ++ended(event.step, event.started, at).succeeded;
  const auto* const conditional = std::get_if<ConditionalStep>(&step_at(event.step).config);
  if (conditional == nullptr) return stand_behind(event.step, at);
  stand_at(chosen_by(*conditional, *event.output, workflow_->following[event.step]), at);
}

void StepCounter::on(Instant at, const StepFailed& event) {
  if (event.retry_at) return stand_at(event.step, at);
  if (open_fan_out()) count_inside(event.inside);
  ++ended(event.step, event.started, at).failed;
  if (step_at(event.step).continue_on_error) {
    stand_behind(event.step, at);
  } else {
    now_.reset();
  }
}

void StepCounter::on(Instant at, const DelayArmed& event) {
  stand_at(event.step, at);
  now_->is_delayed = true;
}

void StepCounter::on(Instant at, const DelayElapsed& event) {
  ++ended(event.step, at, at).succeeded;
  stand_behind(event.step, at);
}

void StepCounter::on(Instant at, const FanOutOpened& event) {
  stand_at(event.step, at);
  now_->is_open_fan_out = true;
  changes_.of(event.step).elements += event.count;
}

void StepCounter::on(Instant at, const FanOutJoined& event) {
  if (open_fan_out()) count_inside(event.inside);
  ++ended(event.step, event.started, at).succeeded;
  stand_behind(event.step, at);
}

const Step& StepCounter::step_at(StepIndex step) const {
  CHECK(step < workflow_->by_index.size(), "an event is about a step that its workflow lacks");
  return *workflow_->by_index[step];
}

void StepCounter::stand_at(StepIndex step, Instant at) {
  now_.reset();
  if (step == no_step) return;
  now_ = Standing{step_at(step).index, false, false};
  StepCount& count = changes_.of(step);
  count.start = std::min(count.start.value_or(at), at);
}

void StepCounter::stand_behind(StepIndex step, Instant at) {
  stand_at(workflow_->following[step_at(step).index], at);
}

StepCount& StepCounter::ended(StepIndex step, Instant started, Instant at) {
  StepCount& count = changes_.of(step);
  count.start = std::min(count.start.value_or(started), started);
  count.end = std::max(count.end.value_or(at), at);
  return count;
}

void StepCounter::count_inside(const SharedStepCounts& inside) {
  if (inside_ == Inside::left_out) return;
  if (inside == nullptr) {
    changes_.mark_partial();
  } else {
    changes_.add(*inside);
  }
}

StepIndex StepCounter::chosen_by(const ConditionalStep& step, const Json& output,
                                 StepIndex rejoin) const {
  const auto* const object = output.if_object();
  const Json* const choice = object == nullptr ? nullptr : object->if_contains("selectedChoice");
  if (choice == nullptr || !choice->is_string()) return rejoin;
  const std::string_view label(choice->get_string());
  for (const auto& branch : step.branches) {
    if (branch.label == label) return first_of(branch.steps, rejoin);
  }
  return first_of(step.otherwise, rejoin);
}

}  // namespace millrace
