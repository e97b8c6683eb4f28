#include "runtime/execution/fan_out_progress.h"

#include "runtime/base/check.h"

#include <algorithm>

namespace millrace {
namespace {

/// Steps inside `fan_out` whose outputs some reference outside reads.
std::vector<StepIndex> reduced_steps(const Workflow& workflow, const Step& fan_out) {
  std::vector<StepIndex> steps;
  for (StepIndex step = fan_out.index + 1; step < fan_out.end; ++step) {
    if (workflow.read_outside_fan_out[step]) steps.push_back(step);
  }
  return steps;
}

Json error_value(const BranchFailure& failure) {
  return JsonObject{{"error", JsonObject{{"code", wire_name(failure.error.code)},
                                         {"message", failure.error.message}}}};
}

}  // namespace

BranchResult result_of(const BranchMachine& child) {
  CHECK(child.scope().first_step() > 0, "a root is no element");
  return result_of(child, *child.workflow().by_index[child.scope().first_step() - 1]);
}

BranchResult result_of(const BranchMachine& child, const Step& fan_out) {
  CHECK(child.has_ended(), "a child was asked for its result before its end");
  BranchResult result;
  result.tasks = child.tasks();
  result.failure = child.failure();
  for (StepIndex step : reduced_steps(child.workflow(), fan_out)) {
    if (const auto& output = child.scope().output(step)) result.outputs.emplace_back(step, output);
  }
  return result;
}

FanOutProgress::FanOutProgress(const Workflow& workflow, const Step& step, std::uint32_t count)
    : step_(step), config_(std::get<FanOutStep>(step.config)), elements_(count, Element::pending) {
  for (StepIndex inner : reduced_steps(workflow, step)) {
    columns_.push_back({inner, std::vector<SharedJson>(count)});
  }
}

std::optional<std::uint32_t> FanOutProgress::start_next() {
  if (failing_) return std::nullopt;
  if (config_.concurrency && unsettled_ >= *config_.concurrency) return std::nullopt;
  while (next_ < elements_.size() && elements_[next_] != Element::pending) ++next_;
  if (next_ == elements_.size()) return std::nullopt;
  mark_started(next_);
  return next_;
}

void FanOutProgress::mark_started(std::uint32_t index) {
  CHECK(elements_.at(index) == Element::pending, "an element was started twice");
  elements_[index] = Element::started;
  ++unsettled_;
}

void FanOutProgress::settle(std::uint32_t index, BranchResult result) {
  CHECK(elements_.at(index) == Element::started, "an element settled that was not running");
  elements_[index] = Element::settled;
  --unsettled_;
  ++settled_;
  tasks_ += result.tasks;
  for (auto& [step, output] : result.outputs) {
    const auto column = std::find_if(columns_.begin(), columns_.end(),
                                     [&](const Column& each) { return each.step == step; });
    CHECK(column != columns_.end(), "an element brought the output of a step that is not reduced");
    column->values[index] = std::move(output);
  }
  if (!result.failure) return;
  failures_.emplace_back(index, std::move(*result.failure));
  if (config_.on_error == FanOutStep::OnError::fail) failing_ = true;
}

void FanOutProgress::abandon(std::uint32_t index) {
  CHECK(failing_ && elements_.at(index) == Element::started, "an element was abandoned in error");
  elements_[index] = Element::abandoned;
  --unsettled_;
}

bool FanOutProgress::is_settled() const {
  return unsettled_ == 0 && (failing_ || settled_ == elements_.size());
}

EventBody FanOutProgress::conclude(Instant started, std::uint64_t input_bytes) const {
  CHECK(is_settled(), "a fan-out was concluded while elements run");
  auto failures = failures_;
  std::sort(failures.begin(), failures.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  if (failing_) {
    const auto& [index, failure] = failures.front();
    StepFailed event;
    event.step = step_.index;
    event.started = started;
    event.code = ErrorCode::fan_out_item_failed;
    event.message = "element " + std::to_string(index) + " of \"" + step_.id.text +
                    "\" failed: " + failure.error.message;
    event.input_bytes = input_bytes;
    return event;
  }
  FanOutJoined event;
  event.step = step_.index;
  event.started = started;
  event.tasks = tasks_;
  for (const auto& column : columns_) {
    JsonArray values;
    values.reserve(column.values.size());
    for (const auto& value : column.values) values.push_back(value ? *value : Json(nullptr));
    event.outputs.emplace_back(column.step, share(std::move(values)));
  }
  JsonObject output;
  if (config_.on_error == FanOutStep::OnError::proceed) {
    JsonArray errors(elements_.size(), nullptr);
    for (const auto& [index, failure] : failures) errors[index] = error_value(failure);
    output.emplace("errors", std::move(errors));
  }
  event.output = share(std::move(output));
  return event;
}

}  // namespace millrace
