#include "runtime/execution/branch_machine.h"

#include "runtime/base/check.h"
#include "runtime/execution/error_output.h"
#include "runtime/execution/plan_request.h"
#include "runtime/execution/plan_step.h"
#include "runtime/requests/response_value.h"

#include <algorithm>

namespace millrace {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

std::vector<ConsoleLine> redacted(const Redaction& redaction, std::vector<ConsoleLine> console) {
  if (redaction.empty()) return console;
  for (auto& line : console) line.text = redaction.apply(std::move(line.text));
  return console;
}

/// A message within its limit. The place in the user's code, which ends that of a function, stays.
std::string cut_message(std::string text) {
  constexpr std::size_t place_bytes_max = 64;
  if (text.size() <= limits::error_message_bytes_max) return text;
  std::string end = "...";
  const auto place = text.ends_with(')') ? text.rfind(" (line ") : std::string::npos;
  if (place != std::string::npos && text.size() - place <= place_bytes_max) {
    end += text.substr(place);
  }
  std::size_t kept = limits::error_message_bytes_max - end.size();
  const auto is_inside_character = [&] { return (text[kept] & 0xC0) == 0x80; };
  while (kept > 0 && is_inside_character()) --kept;
  text.resize(kept);
  return text + end;
}

}  // namespace

BranchMachine::BranchMachine(std::shared_ptr<const Workflow> workflow, const ExecutionId& id)
    : workflow_(std::move(workflow)),
      id_(id),
      is_root_(true),
      current_(first_of(workflow_->steps, no_step)) {}

BranchMachine::BranchMachine(std::shared_ptr<const Workflow> workflow,
                             std::shared_ptr<const BranchScope> outer, const Step& fan_out,
                             Json instance, std::uint32_t index)
    : workflow_(std::move(workflow)),
      is_root_(false),
      scope_(std::in_place, std::move(outer), fan_out, std::move(instance), index),
      current_(first_of(std::get<FanOutStep>(fan_out.config).steps, no_step)) {}

void BranchMachine::apply(const Event& event) {
  CHECK(scope_ || kind_of(event) == EventKind::execution_started,
        "the first event of an execution must be ExecutionStarted");
  CHECK(!has_ended(), "an event follows the end of its branch");
  std::visit([&](const auto& body) { on(body, event.at); }, event.body);
  ++events_applied_;
}

void BranchMachine::on(const ExecutionStarted& event, Instant) {
  CHECK(is_root() && !scope_, "ExecutionStarted must be the first event of a root branch");
  CHECK(event.trigger != nullptr, "a run needs its trigger's output");
  CHECK(!event.only_step || *event.only_step < workflow_->by_index.size(),
        "a run was started at a step that its workflow does not have");
  scope_.emplace(std::make_shared<const ExecutionFacts>(*id_, event), *workflow_);
  if (event.only_step) take_given_outputs(event);
  if (event.replay && event.replay->from_step) take_kept_outputs(*event.replay);
}

void BranchMachine::take_kept_outputs(const ReplayStart& replay) {
  const auto& steps = workflow_->by_index;
  const StepIndex from = *replay.from_step;
  CHECK(from < steps.size() && steps[from]->fan_outs.empty(),
        "a run begins at a step that is not its root's");
  for (const KeptOutput& kept : replay.kept) {
    CHECK(kept.step < steps.size() && kept.output != nullptr,
          "an output was kept of a step that the workflow does not have");
  }
  for (const KeptOutput& kept : replay.kept) scope_->set_output(kept.step, kept.output);
  current_ = from;
}

void BranchMachine::take_given_outputs(const ExecutionStarted& event) {
  current_ = *event.only_step;
  const auto* const outputs = event.given_outputs ? event.given_outputs->if_object() : nullptr;
  if (outputs == nullptr) return;
  for (const Step* const step : workflow_->by_index) {
    if (const Json* const output = outputs->if_contains(step->id.text)) {
      scope_->set_output(step->index, share(*output));
    }
  }
}

void BranchMachine::on(const StepCompleted& event, Instant) {
  const Step& step = require_current(event.step, {Phase::ready, Phase::waiting_retry});
  CHECK(event.attempt == attempt_, "an attempt completed that was not the current one");
  CHECK(event.output != nullptr, "a completed step needs an output");
  CHECK(!std::holds_alternative<DelayStep>(step.config), "a delay ends by elapsing");
  CHECK(!std::holds_alternative<FanOutStep>(step.config), "a fan-out ends by joining");
  const StepIndex next = next_after(step, *event.output);
  scope_->set_output(event.step, event.output);
  tasks_ += event.tasks;
  move_to(next);
}

/// The step behind a completed one; for a conditional, the first of the branch it chose.
StepIndex BranchMachine::next_after(const Step& step, const Json& output) const {
  if (scope_->facts()->started.only_step == step.index) return no_step;
  const auto next = step_behind(*workflow_, step, output);
  CHECK(next.has_value(), "a conditional chose a branch it does not have");
  return *next;
}

void BranchMachine::on(const StepFailed& event, Instant) {
  const Step& step = require_current(
      event.step, {Phase::ready, Phase::waiting_retry, Phase::delayed, Phase::fan_out});
  CHECK(event.attempt == attempt_, "an attempt failed that was not the current one");
  tasks_ += event.tasks;
  if (event.retry_at) {
    phase_ = Phase::waiting_retry;
    due_ = *event.retry_at;
    attempt_ = event.attempt + 1;
    pauses_ = 0;
    return;
  }
  if (step.continue_on_error) {
    scope_->set_output(event.step, error_output(event.code, event.message, event.response));
    move_behind(event.step);
    return;
  }
  const std::string place = unsaid_place(step, *scope_);
  failure_ = BranchFailure{event.step, Error(event.code, event.message + place)};
  // A child has ended with this; a root ends with the ExecutionEnded that its next plan records.
  if (!is_root()) status_ = ExecutionStatus::failed;
}

void BranchMachine::on(const PageFetched& event, Instant) {
  const Step& step = require_current(event.step, {Phase::ready, Phase::waiting_retry});
  CHECK(event.attempt == attempt_, "an attempt fetched a page that was not the current one");
  const RequestTemplate* const request = request_of(step);
  CHECK(request != nullptr && request->pagination, "only a paginated request has pages");
  CHECK(event.results != nullptr && event.results->is_array(), "a page needs its results");
  CHECK(event.next_token != nullptr, "a page needs the next one's token");
  const JsonArray& results = event.results->get_array();
  const std::uint64_t items = std::max<std::uint64_t>(event.items, results.size());
  append(pages_, Page{results, items, *event.next_token, false}, event.bytes);
  tasks_ += event.tasks;
  phase_ = Phase::ready;
  attempt_ = 1;
  pauses_ = 0;
}

void BranchMachine::on(const RequestPaused& event, Instant) {
  const Step& step = require_current(event.step, {Phase::ready, Phase::waiting_retry});
  CHECK(event.attempt == attempt_, "an attempt was paused that was not the current one");
  CHECK(request_of(step) != nullptr, "only a request is paused");
  phase_ = Phase::waiting_retry;
  due_ = event.until;
  if (event.status != 0) ++pauses_;
}

void BranchMachine::on(const DelayArmed& event, Instant at) {
  const Step& step = require_current(event.step, {Phase::ready});
  CHECK(std::holds_alternative<DelayStep>(step.config), "only a delay step sleeps");
  phase_ = Phase::delayed;
  due_ = event.due;
  step_started_ = at;
}

void BranchMachine::on(const DelayElapsed& event, Instant) {
  require_current(event.step, {Phase::delayed});
  scope_->set_output(event.step, share(JsonObject{}));
  move_behind(event.step);
}

void BranchMachine::on(const FanOutOpened& event, Instant at) {
  const Step& step = require_current(event.step, {Phase::ready});
  CHECK(std::holds_alternative<FanOutStep>(step.config), "only a fan-out has children");
  phase_ = Phase::fan_out;
  fan_out_count_ = event.count;
  fan_out_number_ = steps_before_ + event.step;
  step_started_ = at;
}

void BranchMachine::on(const FanOutJoined& event, Instant) {
  // Without elements it joins at once: it is never open.
  const Step& fan_out = require_current(event.step, {Phase::fan_out, Phase::ready});
  CHECK(std::holds_alternative<FanOutStep>(fan_out.config), "only a fan-out joins");
  CHECK(event.output != nullptr, "a joined fan-out needs an output");
  for (const auto& [step, values] : event.outputs) {
    CHECK(step > fan_out.index && step < fan_out.end && values != nullptr,
          "a fan-out joined the outputs of a step that is not inside it");
  }
  for (const auto& [step, values] : event.outputs) scope_->set_output(step, values);
  scope_->set_output(event.step, event.output);
  tasks_ += event.tasks;
  move_behind(event.step);
}

void BranchMachine::on(const CancelRequested& event, Instant) {
  CHECK(is_root(), "only a whole execution can be cancelled");
  cancel_requested_ = true;
  cancel_reason_ = event.reason;
}

void BranchMachine::on(const ExecutionEnded& event, Instant) {
  CHECK(is_root() && is_final(event.status), "an execution must end with a final status");
  CHECK(event.status != ExecutionStatus::succeeded ||
            (current_ == no_step && !failure_ && !cancel_requested_),
        "an execution succeeded before its last step");
  CHECK(event.status != ExecutionStatus::cancelled || cancel_requested_,
        "an execution was cancelled that nobody asked to cancel");
  status_ = event.status;
  tasks_ += event.tasks;
  if (status_ == ExecutionStatus::failed) {
    failure_ = BranchFailure{event.step.value_or(no_step), Error(event.code, event.message)};
  }
}

void BranchMachine::on(const ExecutionMigrated& event, Instant) {
  CHECK(is_root(), "only a whole execution changes its version");
  CHECK(event.workflow != nullptr && event.workflow->version == event.to,
        "a run moves to a version that nobody has looked up");
  CHECK(event.from == workflow_->version, "a run moves from a version that it is not on");
  CHECK(!failure_ && !cancel_requested_ && current_ != no_step, "a run moves that is at its end");
  const auto& then = workflow_->by_index;
  const auto& now = event.workflow->by_index;
  for (const auto& [from, to] : event.counterparts) {
    CHECK(from < then.size() && to < now.size(), "a step has a counterpart that is no step");
  }
  CHECK(event.step < now.size() && now[event.step]->fan_outs.empty() &&
            fits(phase_, *now[event.step], pages_.pages > 0),
        "a run moves to a step at which it cannot stand");
  leave_steps(event);
  scope_->move_to(*event.workflow, event.counterparts);
  steps_before_ += static_cast<StepIndex>(then.size());
  current_ = event.step;
  workflow_ = event.workflow;
}

void BranchMachine::leave_steps(const ExecutionMigrated& event) {
  std::vector<StepIndex> now(workflow_->by_index.size(), no_step);
  for (const auto& [from, to] : event.counterparts) now[from] = to;
  for (LeftStep& each : left_steps_) {
    if (each.now != no_step) each.now = now[each.now];
  }
  for (const Step* const step : workflow_->by_index) {
    if (scope_->outputs()[step->index] == nullptr) continue;
    const StepIndex to = now[step->index];
    if (to != no_step && event.workflow->by_index[to]->id == step->id) continue;
    LeftStep left{step->id.text, std::string(definition_type(*step)), request_of(*step) != nullptr,
                  to};
    // A run that moves to and fro leaves the same again and again.
    const bool is_known =
        std::find(left_steps_.begin(), left_steps_.end(), left) != left_steps_.end();
    if (!is_known) left_steps_.push_back(std::move(left));
  }
}

bool BranchMachine::fits(Phase phase, const Step& step, bool has_pages) {
  const RequestTemplate* const request = request_of(step);
  if (has_pages && (request == nullptr || !request->pagination)) return false;
  return (phase == Phase::delayed) <= std::holds_alternative<DelayStep>(step.config) &&
         (phase == Phase::fan_out) <= std::holds_alternative<FanOutStep>(step.config);
}

const Step& BranchMachine::require_current(StepIndex step,
                                           std::initializer_list<Phase> phases) const {
  CHECK(!failure_, "an event follows the failure of its branch");
  CHECK(current_ == step, "an event is about step " + std::to_string(step) +
                              ", the branch stands at " + std::to_string(current_));
  CHECK(current_ != no_step, "a step event follows the last step");
  CHECK(std::find(phases.begin(), phases.end(), phase_) != phases.end(),
        "an event does not fit the phase of its step");
  return *workflow_->by_index[current_];
}

void BranchMachine::move_behind(StepIndex step) {
  const bool is_only_one = scope_->facts()->started.only_step == step;
  move_to(is_only_one ? no_step : workflow_->following[step]);
}

void BranchMachine::move_to(StepIndex step) {
  current_ = step;
  phase_ = Phase::ready;
  attempt_ = 1;
  pauses_ = 0;
  pages_ = {};
  if (current_ == no_step && !is_root()) status_ = ExecutionStatus::succeeded;
}

Effect BranchMachine::plan(Instant now, const DispatchValues& values) const {
  if (has_ended()) return BranchEnded{};
  CHECK(scope_.has_value(), "a run was planned before it started");
  if (cancel_requested_) {
    return RecordEvent{ExecutionEnded{
        .status = ExecutionStatus::cancelled,
        .step = {},
        .code = ErrorCode::cancelled,
        .message = cancel_reason_.empty() ? "cancelled on request" : cancel_reason_}};
  }
  if (failure_) {
    return RecordEvent{ExecutionEnded{.status = ExecutionStatus::failed,
                                      .step = failure_->step,
                                      .code = failure_->error.code,
                                      .message = failure_->error.message}};
  }
  if (current_ == no_step) {
    CHECK(is_root(), "a child past its last step must have ended");
    return RecordEvent{ExecutionEnded{}};
  }
  switch (phase_) {
    case Phase::ready:
      return plan_step(*current_step(), now, values);
    case Phase::waiting_retry:
      if (now < due_) return WaitUntil{current_, WaitUntil::Why::retry, due_};
      return plan_step(*current_step(), now, values);
    case Phase::delayed:
    case Phase::fan_out:
      return plan_wait(now);
  }
  CHECK(false, "an unknown phase");
}

Effect BranchMachine::plan_wait(Instant now) const {
  const auto end = deadline();
  if (end && now >= *end && (phase_ == Phase::fan_out || *end < due_)) {
    const Step& step = *current_step();
    StepFailed event;
    event.step = current_;
    event.attempt = attempt_;
    event.started = step_started_;
    event.code = ErrorCode::step_timeout;
    event.message = "step \"" + step.id.text + "\" did not end within its timeout of " +
                    std::to_string(step.timeout->count()) + " ms";
    return RecordEvent{std::move(event)};
  }
  if (phase_ == Phase::fan_out) return RunFanOut{current_, fan_out_count_};
  return WaitUntil{current_, WaitUntil::Why::delay, *waiting_until()};
}

std::optional<Instant> BranchMachine::deadline() const {
  const Step* const step = current_step();
  const bool waits = phase_ == Phase::delayed || phase_ == Phase::fan_out;
  if (step == nullptr || !step->timeout || !waits) return std::nullopt;
  return step_started_ + *step->timeout;
}

Effect BranchMachine::plan_step(const Step& step, Instant now, const DispatchValues& values) const
    try {
  return std::visit(
      Overloaded{
          [&](const FunctionStep&) { return plan_function_step(step, now, values); },
          [&](const RequestStep&) { return plan_request_step(step, now, values); },
          [&](const ActionStep&) { return plan_request_step(step, now, values); },
          [&](const ConditionalStep& config) {
            return plan_conditional(step, config, *scope_, now);
          },
          [&](const FanOutStep& config) {
            return plan_fan_out(*workflow_, step, config, *scope_, now);
          },
          [&](const DelayStep& config) {
            return plan_delay(step, config, *scope_, now, is_test());
          },
          [&](const ResponseStep& config) { return plan_response(step, config, *scope_, now); },
      },
      step.config);
} catch (const RenderedTooMuch& too_much) {
  const Error error(ErrorCode::limit_exceeded, "step \"" + step.id.text + "\": " + too_much.what());
  return RecordEvent{attempt_failed({step.index, attempt_, 0, {}}, now, {error}, now, 0)};
}

Effect BranchMachine::plan_function_step(const Step& step, Instant now,
                                         const DispatchValues& values) const {
  auto call = plan_function(*workflow_, step, *scope_, attempt_, values);
  if (call) {
    call->user = scope_->facts()->started.user;
    return std::move(*call);
  }
  Attempt attempt{step.index, attempt_, 0, {}};
  return RecordEvent{attempt_failed(attempt, now, {call.error()}, now, 0)};
}

Effect BranchMachine::plan_request_step(const Step& step, Instant now,
                                        const DispatchValues& values) const {
  auto call = plan_request(*workflow_, step, *scope_, {attempt_, pages_}, values);
  if (call) return std::move(*call);
  Attempt attempt{step.index, attempt_, 0, {}};
  return RecordEvent{attempt_failed(attempt, now, {call.error()}, now, 0)};
}

StepCompleted BranchMachine::function_completed(const Attempt& attempt, Instant started,
                                                Json result, std::vector<ConsoleLine> console) {
  StepCompleted event;
  event.step = attempt.step;
  event.attempt = attempt.number;
  event.started = started;
  JsonObject output;
  output.emplace("result", std::move(result));
  event.output = share(std::move(output));
  event.input_bytes = attempt.input_bytes;
  event.tasks = 1;
  event.console = redacted(attempt.redaction, std::move(console));
  return event;
}

std::optional<Instant> BranchMachine::pause_by(const Step& step, const Json& output,
                                               Instant now) const {
  const Integration* const integration = integration_of(step);
  const bool may_pause = !is_test() && pauses_ < limits::pauses_per_attempt_max;
  if (integration == nullptr || !integration->rate_limit || !may_pause) return std::nullopt;
  return pause_of(*integration->rate_limit, output, code_in(integration->answers, output), now);
}

RequestPaused BranchMachine::request_paused(const Attempt& attempt, Instant started,
                                            Instant until) {
  return {attempt.step, attempt.number, started, until, 0};
}

BranchMachine::Answered BranchMachine::request_answered(const Attempt& attempt, Instant started,
                                                        const HttpResponse& response, Json body,
                                                        Instant now, double jitter) const {
  const Step& step = *workflow_->by_index[attempt.step];
  static const AnswerRules no_rules;
  Json output = JsonObject{{"response", nullptr}};
  Json& value = output.get_object().at("response");
  value = response_value(response, std::move(body));
  if (const auto until = pause_by(step, output, now)) {
    RequestPaused paused = request_paused(attempt, started, *until);
    paused.status = static_cast<std::uint16_t>(response.status);
    return {paused};
  }
  const Integration* const integration = integration_of(step);
  const AnswerRules& rules = integration == nullptr ? no_rules : integration->answers;
  AnswerVerdict verdict = judge_answer(rules, step.retry, output, *scope_);
  if (verdict.error) {
    const auto wait = retry_after(response, now).value_or(Millis(0));
    return {
        attempt_failed(attempt, started,
                       {std::move(*verdict.error), {}, share(std::move(value)), wait}, now, jitter),
        verdict.must_reconnect};
  }
  StepCompleted completed;
  completed.step = attempt.step;
  completed.attempt = attempt.number;
  completed.started = started;
  completed.input_bytes = attempt.input_bytes;
  completed.tasks = 1;
  const auto& pagination = request_of(step)->pagination;
  if (!pagination) {
    completed.output = share(request_output(step, std::move(value)));
    return {std::move(completed)};
  }
  const std::uint64_t bytes = response.body->size();
  auto page =
      read_page(*pagination, pages_max(*pagination, is_test()), output, bytes, pages_, *scope_);
  if (!page) {
    return {
        attempt_failed(attempt, started, {page.error(), {}, share(std::move(value))}, now, jitter)};
  }
  if (!page->is_last) {
    PageFetched fetched;
    fetched.step = attempt.step;
    fetched.attempt = attempt.number;
    fetched.started = started;
    fetched.results = share(std::move(page->results));
    fetched.items = page->items;
    fetched.next_token = share(std::move(page->next_token));
    fetched.bytes = bytes;
    return {std::move(fetched)};
  }
  std::optional<Error> problem;
  if (page->problem) {
    problem =
        Error(page->problem->code, cut_message(attempt.redaction.apply(page->problem->message)));
  }
  PageProgress all = pages_;
  append(all, std::move(*page), bytes);
  Json paged = paged_output(std::move(all.results), &value, problem ? &*problem : nullptr);
  completed.output = share(request_output(step, std::move(paged.get_object().at("response"))));
  return {std::move(completed)};
}

EventBody BranchMachine::attempt_failed(const Attempt& attempt, Instant started, Failure failure,
                                        Instant now, double jitter) const {
  const Step& step = *workflow_->by_index[attempt.step];
  StepFailed event;
  event.step = attempt.step;
  event.attempt = attempt.number;
  event.started = started;
  event.code = failure.error.code;
  // In this order: of a secret that was cut, a part would be left that nothing recognises.
  event.message = cut_message(attempt.redaction.apply(failure.error.message));
  event.input_bytes = attempt.input_bytes;
  event.console = redacted(attempt.redaction, std::move(failure.console));
  event.response = std::move(failure.response);
  if (!is_test()) {
    const auto wait =
        next_retry(step.retry, attempt.number, event.code, jitter, failure.wait_at_least);
    if (wait) event.retry_at = now + *wait;
  }
  if (event.retry_at || pages_.pages == 0) return event;
  // The pages before it were fetched and are not lost.
  StepCompleted completed;
  completed.step = event.step;
  completed.attempt = event.attempt;
  completed.started = started;
  completed.input_bytes = event.input_bytes;
  const Error error(event.code, event.message);
  Json paged = paged_output(pages_.results, nullptr, &error);
  completed.output = share(request_output(step, std::move(paged.get_object().at("response"))));
  return completed;
}

const Step* BranchMachine::current_step() const {
  return current_ == no_step ? nullptr : workflow_->by_index[current_];
}

Json BranchMachine::current_input() const {
  const Step* step = current_step();
  return step ? render_input(*step, *scope_) : Json(nullptr);
}

Json BranchMachine::current_request_line() const {
  const Step* const step = current_step();
  if (step == nullptr || request_of(*step) == nullptr) return nullptr;
  return shown_request_line(*step, *scope_, pages_);
}

std::optional<Instant> BranchMachine::waiting_until() const {
  if (has_ended() || failure_) return std::nullopt;
  const auto end = deadline();
  if (phase_ == Phase::fan_out) return end;
  if (phase_ != Phase::delayed && phase_ != Phase::waiting_retry) return std::nullopt;
  return end ? std::min(due_, *end) : due_;
}

std::optional<StepIndex> BranchMachine::open_fan_out() const {
  if (phase_ != Phase::fan_out || has_ended() || failure_) return std::nullopt;
  return current_;
}

std::optional<StepIndex> BranchMachine::open_fan_out_number() const {
  if (!open_fan_out()) return std::nullopt;
  return fan_out_number_;
}

Json BranchMachine::fan_out_items() const {
  CHECK(phase_ == Phase::fan_out, "no fan-out is open");
  Json items = std::get<FanOutStep>(current_step()->config).items.render(*scope_);
  CHECK(items.is_array() && items.get_array().size() == fan_out_count_,
        "the elements of a fan-out changed between two renderings");
  return items;
}

std::shared_ptr<const BranchScope> BranchMachine::freeze_scope() const {
  return std::make_shared<const BranchScope>(*scope_);
}

}  // namespace millrace
