#include "runtime/history/step_history.h"

#include "runtime/base/check.h"
#include "runtime/execution/error_output.h"
#include "runtime/execution/plan_step.h"
#include "runtime/execution/step_path.h"
#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

constexpr const char* trigger_id = "trigger";

std::vector<std::uint32_t> indexes_of(const BranchPath& path) {
  std::vector<std::uint32_t> indexes;
  for (const auto& element : path.elements) indexes.push_back(element.index);
  return indexes;
}

std::uint64_t bytes_of(const SharedJson& value) { return value ? to_text(*value).size() : 0; }

/// What a step gave that failed and was passed over.
bool has_failed(const Step& step, const Json& output) {
  const auto* const object = output.if_object();
  const RequestTemplate* const request = request_of(step);
  const bool has_pages = request != nullptr && request->pagination;  // one may be missing
  return step.continue_on_error && !has_pages && object != nullptr && object->contains("error");
}

std::string open_status(const BranchMachine& machine, ExecutionStatus run_status) {
  if (is_final(run_status)) return "CANCELLED";
  return machine.is_delayed() ? "DELAYED" : "EXECUTING";
}

Json request_line_of(const BranchMachine& machine) {
  try {
    return machine.current_request_line();
  } catch (const RenderedTooMuch&) {
    return nullptr;
  }
}

}  // namespace

Json shown_input(const BranchMachine& machine) {
  try {
    return machine.current_input();
  } catch (const RenderedTooMuch&) {
    return nullptr;
  }
}

StepHistory::StepHistory(std::shared_ptr<const Workflow> workflow, ExecutionId execution,
                         ReadChildren children, Visit visit)
    : workflow_(std::move(workflow)),
      execution_(execution),
      read_children_(std::move(children)),
      visit_(std::move(visit)) {}

Outcome StepHistory::replay(const std::vector<Event>& root_events) {
  if (root_events.empty() || kind_of(root_events.front()) != EventKind::execution_started) {
    return Error(ErrorCode::corrupt_data, "a journal does not begin with ExecutionStarted");
  }
  report_trigger(root_events.front());
  BranchMachine machine(workflow_, execution_);
  RunState run;
  if (const auto* const ended = std::get_if<ExecutionEnded>(&root_events.back().body)) {
    run = {ended->status, root_events.back().at};
  }
  try {
    return replay_branch(machine, BranchPath{}, root_events,
                         report_kept(root_events.front(), trigger_id), run);
  } catch (const BugFound& problem) {
    return Error(ErrorCode::corrupt_data,
                 std::string("a journal does not fit its workflow: ") + problem.what());
  }
}

void StepHistory::report_trigger(const Event& started) {
  const auto& event = std::get<ExecutionStarted>(started.body);
  Finding finding;
  finding.step.id = trigger_id;
  finding.step.step = StepId(trigger_id);
  finding.step.type = kind_of(workflow_->trigger).history_type;
  finding.step.status = "SUCCEEDED";
  finding.step.start = started.at;
  finding.step.end = started.at;
  finding.output = event.trigger;
  finding.step.output_bytes = bytes_of(event.trigger);
  visit_(std::move(finding));
}

std::string StepHistory::report_kept(const Event& started, std::string previous) {
  const auto& replay = std::get<ExecutionStarted>(started.body).replay;
  if (!replay) return previous;
  for (const KeptOutput& kept : replay->kept) {
    CHECK(kept.step < workflow_->by_index.size(), "a run keeps a step that its workflow lacks");
    const Step& step = *workflow_->by_index[kept.step];
    if (!step.fan_outs.empty()) continue;  // of its fan-out's outputs, not a step of its own
    Finding finding;
    finding.step = describe(step, BranchPath{});
    finding.step.start = started.at;
    finding.step.end = started.at;
    finding.step.status = has_failed(step, *kept.output) ? "FAILED" : "SUCCEEDED";
    finding.step.previous = std::exchange(previous, finding.step.id);
    finding.step.output_bytes = bytes_of(kept.output);
    finding.step.is_given = kept.is_given;
    if (!kept.is_given) finding.step.kept_from = replay->of.text();
    finding.output = kept.output;
    visit_(std::move(finding));
  }
  return previous;
}

StepExecution StepHistory::describe(const Step& step, const BranchPath& path) const {
  StepExecution execution;
  execution.id = step_path(step, indexes_of(path));
  execution.step = step.id;
  execution.type = history_type(step);
  execution.indexes = indexes_of(path);
  return execution;
}

/// The replay of one branch: one handler for each kind of event that says something about a step.
class StepHistory::BranchReplay {
 public:
  BranchReplay(StepHistory& history, BranchMachine& machine, const BranchPath& path,
               std::string previous)
      : history_(history), machine_(machine), path_(path), previous_(std::move(previous)) {}

  Outcome replay(const std::vector<Event>& events, const RunState& run) {
    for (const Event& event : events) {
      std::visit([&](const auto& body) { meet(event.at, body); }, event.body);
      machine_.apply(event);
      if (!std::holds_alternative<FanOutOpened>(event.body)) continue;
      open_.start = event.at;
      const auto id = step_path(*machine_.current_step(), indexes_of(path_));
      auto children = history_.replay_children(machine_, path_, id, run);
      if (!children) return children;
    }
    // The step that the branch stands at, unless it failed for good: then it has been reported.
    if (machine_.current_step() != nullptr && !is_reported_) {
      const Instant last = events.empty() ? Instant{} : events.back().at;
      report({last, run.ended, open_status(machine_, run.status), nullptr});
    }
    return Done{};
  }

 private:
  /// The step that the branch is in the middle of.
  struct Open {
    std::vector<StepAttempt> attempts;
    std::optional<Instant> start;
    std::optional<Instant> wakes;
  };
  /// How a step ended, or stands.
  struct State {
    Instant start;  // unless it began earlier, by `open_`
    std::optional<Instant> end;
    std::string status;
    SharedJson output;
    std::vector<ConsoleLine> console = {};
  };

  void meet(Instant at, const StepCompleted& event) {
    open_.attempts.push_back({event.attempt, event.started, at, {}, {}});
    report({event.started, at, "SUCCEEDED", event.output, event.console});
  }

  void meet(Instant at, const StepFailed& event) {
    std::string message = event.message;
    if (std::holds_alternative<ConditionalStep>(step().config)) {
      message += unsaid_place(step(), *machine_.freeze_scope());
    }
    open_.attempts.push_back({event.attempt, event.started, at, Error(event.code, message),
                              event.retry_at, request_line_of(machine_), event.response});
    if (!open_.start) open_.start = event.started;
    if (event.retry_at) return;
    const bool goes_on = step().continue_on_error;
    report({event.started, at, "FAILED", error_output(event.code, message, event.response),
            event.console});
    is_reported_ = !goes_on;
  }

  void meet(Instant at, const PageFetched& event) {
    if (!open_.start) open_.start = event.started;
    open_.attempts.push_back({event.attempt, event.started, at, {}, {}});
  }

  void meet(Instant at, const RequestPaused& event) {
    if (!open_.start) open_.start = event.started;
    StepAttempt attempt{event.attempt, event.started, at, {}, {}};
    attempt.paused_until = event.until;
    attempt.pause_status = event.status;
    open_.attempts.push_back(std::move(attempt));
  }

  void meet(Instant at, const DelayArmed& event) {
    open_.start = at;
    open_.wakes = event.due;
  }
  void meet(Instant at, const DelayElapsed&) { report({at, at, "SUCCEEDED", nullptr}); }

  void meet(Instant at, const FanOutJoined& event) {
    report({event.started, at, "SUCCEEDED", event.output});
  }

  /// A run that was given up at a step (it kept crashing): the step has no event of its own.
  void meet(Instant at, const ExecutionEnded& event) {
    const Step* const current = machine_.current_step();
    if (!event.step || current == nullptr || *event.step != current->index || is_reported_) return;
    report({at, at, "FAILED", error_output(event.code, event.message)});
    is_reported_ = true;
  }

  /// All others say nothing about a step.
  template <class Other>
  void meet(Instant, const Other&) {}

  const Step& step() const {
    const Step* const current = machine_.current_step();
    CHECK(current != nullptr, "a step's event behind the end of its branch");
    return *current;
  }

  void report(State state) {
    Finding finding;
    finding.step = history_.describe(step(), path_);
    finding.step.start = open_.start.value_or(state.start);
    finding.step.end = state.end;
    finding.step.status = std::move(state.status);
    finding.step.previous = std::move(previous_);
    finding.step.wakes = open_.wakes;
    const Json input = shown_input(machine_);
    finding.step.input_bytes = input.is_null() ? 0 : to_text(input).size();
    finding.step.output_bytes = bytes_of(state.output);
    finding.step.attempts = std::move(open_.attempts);
    finding.before = &machine_;
    finding.output = std::move(state.output);
    finding.console = std::move(state.console);
    previous_ = finding.step.id;
    open_ = Open{};
    history_.visit_(std::move(finding));
  }

  StepHistory& history_;
  BranchMachine& machine_;
  const BranchPath& path_;
  std::string previous_;  // the id of the step before
  Open open_;
  bool is_reported_ = false;  // the step at which the branch stands
};

Outcome StepHistory::replay_branch(BranchMachine& machine, const BranchPath& path,
                                   const std::vector<Event>& events, std::string previous,
                                   const RunState& run) {
  return BranchReplay(*this, machine, path, std::move(previous)).replay(events, run);
}

Outcome StepHistory::replay_children(const BranchMachine& machine, const BranchPath& path,
                                     const std::string& fan_out_id, const RunState& run) {
  const Step& fan_out = *machine.current_step();
  const Json items = machine.fan_out_items();
  const auto scope = machine.freeze_scope();
  Outcome problem = Done{};
  auto read = read_children_(
      path, fan_out.index, [&](std::uint32_t index, const std::vector<Event>& events) {
        if (index >= items.get_array().size()) {
          problem =
              Error(ErrorCode::corrupt_data, "a fan-out has a journal for an element it lacks");
          return false;
        }
        BranchMachine child(workflow_, scope, fan_out, items.get_array()[index], index);
        problem = replay_branch(child, path.child(fan_out.index, index), events, fan_out_id, run);
        return problem.ok();
      });
  if (!read) return read;
  return problem;
}

}  // namespace millrace
