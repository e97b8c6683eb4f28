#include "runtime/history/branch_replay.h"

#include "runtime/base/check.h"
#include "runtime/execution/error_output.h"
#include "runtime/execution/plan_step.h"
#include "runtime/execution/step_path.h"
#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

std::vector<std::uint32_t> indexes_of(const BranchPath& path) {
  std::vector<std::uint32_t> indexes;
  for (const auto& element : path.elements) indexes.push_back(element.index);
  return indexes;
}

std::uint64_t bytes_of(const SharedJson& value) { return value ? to_text(*value).size() : 0; }

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

/// What a step gave that failed and was passed over.
bool has_failed(const Step& step, const Json& output) {
  const auto* const object = output.if_object();
  const RequestTemplate* const request = request_of(step);
  const bool has_pages = request != nullptr && request->pagination;  // one may be missing
  return step.continue_on_error && !has_pages && object != nullptr && object->contains("error");
}

std::string choice_in(const SharedJson& output) {
  const auto* const object = output ? output->if_object() : nullptr;
  const Json* const choice = object ? object->if_contains("selectedChoice") : nullptr;
  return choice != nullptr && choice->is_string() ? std::string(choice->get_string())
                                                  : std::string();
}

StepExecution describe(const VersionsOfRun& versions, const VersionsOfRun::Place& place,
                       const std::vector<std::uint32_t>& indexes) {
  const Step& step = place.step;
  StepExecution execution;
  execution.id = step_path(place.shown, indexes);
  execution.step = StepId(place.shown);
  if (versions.has_moved()) execution.version = place.workflow.version;
  execution.type = history_type(step);
  execution.indexes = indexes;
  return execution;
}

/// The replay of one branch: one handler for each kind of event that says something about a step.
class BranchReplay {
 public:
  BranchReplay(const VersionsOfRun& versions, BranchMachine& machine, const BranchPath& path,
               std::string previous, BranchListener& listener)
      : versions_(versions),
        machine_(machine),
        path_(path),
        indexes_(indexes_of(path)),
        previous_(std::move(previous)),
        listener_(listener) {}

  Outcome replay(const std::vector<Event>& events, const BranchContext& open) {
    repeated_ = open.repeated.get();
    Instant last = open.began;
    for (auto event = events.begin(); event != events.end(); ++event) {
      note_repeats(last);
      last = event->at;
      std::visit([&](const auto& body) { meet(event->at, body); }, event->body);
      machine_.apply(*event);
      if (!std::holds_alternative<FanOutOpened>(event->body)) continue;
      open_.start = event->at;
      auto told = listener_.opened(opened_by(event, events.end(), open), machine_);
      if (!told) return told;
    }
    // The step that the branch stands at, unless it failed for good: then it has been reported.
    if (machine_.current_step() != nullptr && !is_reported_) {
      note_repeats(last);
      report({last, open.ended, open_status(machine_, open.run), nullptr});
    }
    return Done{};
  }

 private:
  using Place = std::vector<Event>::const_iterator;

  /// The fan-out that the event opens; its end, if there is one, is among those behind it.
  OpenedFanOut opened_by(Place event, Place end, const BranchContext& open) const {
    const auto& opens = std::get<FanOutOpened>(event->body);
    const StepIndex number = machine_.open_fan_out_number().value();
    OpenedFanOut fan_out{number,
                         machine_.shared_workflow(),
                         machine_.current_step(),
                         machine_.freeze_scope(),
                         opens.count,
                         step_path(versions_.at(path_, number).shown, indexes_),
                         open};
    fan_out.lists_failures = opens.lists_failures;
    fan_out.inside.began = event->at;
    while (++event != end) {
      const SharedStepCounts* counts = nullptr;
      if (const auto* joined = std::get_if<FanOutJoined>(&event->body)) counts = &joined->inside;
      if (const auto* failed = std::get_if<StepFailed>(&event->body)) counts = &failed->inside;
      if (const auto* ended = std::get_if<ExecutionEnded>(&event->body)) counts = &ended->inside;
      if (counts == nullptr) continue;
      fan_out.counts = *counts;
      // Whatever becomes of the run, elements that had not ended never go on.
      fan_out.inside.run = ExecutionStatus::cancelled;
      fan_out.inside.ended = event->at;
      break;
    }
    return fan_out;
  }

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
    std::optional<Error> error = {};
  };

  /// The steps that a replay kept of another run: they have no events of their own.
  void meet(Instant at, const ExecutionStarted& event) {
    if (!event.replay) return;
    for (const KeptOutput& kept : event.replay->kept) {
      const auto& steps = machine_.workflow().by_index;
      CHECK(kept.step < steps.size(), "a run keeps a step that its workflow lacks");
      const Step& step = *steps[kept.step];
      if (!step.fan_outs.empty()) continue;  // of its fan-out's outputs, not a step of its own
      report_kept(kept, at, *event.replay);
    }
  }

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
            event.console, Error(event.code, message)});
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
    report({at,
            at,
            "FAILED",
            error_output(event.code, event.message),
            {},
            Error(event.code, event.message)});
    is_reported_ = true;
  }

  /// All others say nothing about a step.
  template <class Other>
  void meet(Instant, const Other&) {}

  /// Attempts that were begun behind the last event, and again. They began right behind it: at `since`.
  void note_repeats(Instant since) {
    if (repeated_ == nullptr) return;
    const auto [from, to] = repeated_->equal_range({path_, machine_.events_applied()});
    for (auto each = from; each != to; ++each) {
      StepAttempt attempt{machine_.attempt(), since, each->second, {}, {}};
      attempt.is_cut_off = true;
      since = each->second;
      if (!open_.start) open_.start = attempt.started;
      open_.attempts.push_back(std::move(attempt));
    }
  }

  const Step& step() const {
    const Step* const current = machine_.current_step();
    CHECK(current != nullptr, "a step's event behind the end of its branch");
    return *current;
  }

  /// The number or index of the step at which the branch stands, as its finding has it.
  StepIndex place() const {
    const auto open = machine_.open_fan_out_number();
    return open ? *open : machine_.steps_before() + step().index;
  }

  void report_kept(const KeptOutput& kept, Instant at, const ReplayStart& replay) {
    StepFinding finding;
    const VersionsOfRun::Place place = versions_.at(path_, kept.step);
    const Step& step = place.step;
    finding.step = describe(versions_, place, indexes_);
    finding.index = kept.step;
    std::string previous = std::exchange(previous_, finding.step.id);
    if (!listener_.wants(kept.step, place.shown)) return;
    finding.step.start = at;
    finding.step.end = at;
    finding.step.status = has_failed(step, *kept.output) ? "FAILED" : "SUCCEEDED";
    finding.step.previous = std::move(previous);
    if (listener_.wants_sizes()) finding.step.output_bytes = bytes_of(kept.output);
    finding.step.selected_choice = choice_in(kept.output);
    finding.step.is_given = kept.is_given;
    if (!kept.is_given) finding.step.kept_from = replay.of.text();
    finding.output = kept.output;
    listener_.found(std::move(finding));
  }

  void report(State state) {
    StepFinding finding;
    finding.index = place();
    const VersionsOfRun::Place place = versions_.at(path_, *finding.index);
    finding.step = describe(versions_, place, indexes_);
    std::string previous = std::exchange(previous_, finding.step.id);
    Open open = std::exchange(open_, {});
    if (!listener_.wants(*finding.index, place.shown)) return;
    finding.step.start = open.start.value_or(state.start);
    finding.step.end = state.end;
    finding.step.status = std::move(state.status);
    finding.step.previous = std::move(previous);
    finding.step.wakes = open.wakes;
    if (listener_.wants_sizes()) {
      const Json input = shown_input(machine_);
      finding.step.input_bytes = input.is_null() ? 0 : to_text(input).size();
      finding.step.output_bytes = bytes_of(state.output);
    }
    if (!state.end && !open.attempts.empty()) {
      const StepAttempt& last = open.attempts.back();
      finding.step.wakes = last.paused_until ? last.paused_until : last.retry_at;
    }
    finding.step.error = std::move(state.error);
    finding.step.selected_choice = choice_in(state.output);
    finding.step.attempts = std::move(open.attempts);
    finding.before = &machine_;
    finding.output = std::move(state.output);
    finding.console = std::move(state.console);
    listener_.found(std::move(finding));
  }

  const VersionsOfRun& versions_;
  BranchMachine& machine_;
  const BranchPath& path_;
  const std::vector<std::uint32_t> indexes_;
  std::string previous_;  // the id of the step before
  BranchListener& listener_;
  const RepeatedAttempts* repeated_ = nullptr;
  Open open_;
  bool is_reported_ = false;  // the step at which the branch stands
};

}  // namespace

Json shown_input(const BranchMachine& machine) {
  try {
    return machine.current_input();
  } catch (const RenderedTooMuch&) {
    return nullptr;
  }
}

Outcome replay_branch(const VersionsOfRun& versions, BranchMachine& machine, const BranchPath& path,
                      const std::vector<Event>& events, std::string previous,
                      const BranchContext& open, BranchListener& listener) {
  try {
    return BranchReplay(versions, machine, path, std::move(previous), listener)
        .replay(events, open);
  } catch (const BugFound& problem) {
    return Error(ErrorCode::corrupt_data,
                 std::string("a journal does not fit its workflow: ") + problem.what());
  }
}

BranchContext root_context(const std::vector<Event>& events,
                           std::shared_ptr<const RepeatedAttempts> repeated) {
  BranchContext context;
  context.repeated = std::move(repeated);
  if (const auto* const ended = std::get_if<ExecutionEnded>(&events.back().body)) {
    context.run = ended->status;
    context.ended = events.back().at;
  }
  return context;
}

StepFinding trigger_finding(const Workflow& workflow, const Event& started) {
  const auto& event = std::get<ExecutionStarted>(started.body);
  StepFinding finding;
  finding.step.id = trigger_step_id;
  finding.step.step = StepId(trigger_step_id);
  finding.step.type = kind_of(workflow.trigger).history_type;
  finding.step.status = "SUCCEEDED";
  finding.step.start = started.at;
  finding.step.end = started.at;
  finding.output = event.trigger;
  finding.step.output_bytes = bytes_of(event.trigger);
  return finding;
}

}  // namespace millrace
