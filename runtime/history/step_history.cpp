#include "runtime/history/step_history.h"

#include "runtime/base/check.h"
#include "runtime/execution/error_output.h"
#include "runtime/execution/step_path.h"
#include "runtime/triggers/trigger_catalog.h"

namespace millrace {
namespace {

constexpr const char* trigger_id = "trigger";

std::vector<std::uint32_t> indexes_of(const BranchPath& path) {
  std::vector<std::uint32_t> indexes;
  for (const auto& element : path.elements) indexes.push_back(element.index);
  return indexes;
}

std::uint64_t bytes_of(const SharedJson& value) { return value ? to_text(*value).size() : 0; }

/// The status of the whole run as its journal says, so that steps cut off by its end can say so.
ExecutionStatus final_status(const std::vector<Event>& root_events) {
  if (root_events.empty()) return ExecutionStatus::executing;
  const auto* ended = std::get_if<ExecutionEnded>(&root_events.back().body);
  return ended ? ended->status : ExecutionStatus::executing;
}

std::string open_status(const BranchMachine& machine, ExecutionStatus run_status) {
  if (is_final(run_status)) return "CANCELLED";
  return machine.is_delayed() ? "DELAYED" : "EXECUTING";
}

}  // namespace

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
  try {
    return replay_branch(machine, BranchPath{}, root_events, trigger_id, final_status(root_events));
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

StepExecution StepHistory::describe(const Step& step, const BranchPath& path) const {
  StepExecution execution;
  execution.id = step_path(step, indexes_of(path));
  execution.step = step.id;
  execution.type = history_type(step);
  execution.indexes = indexes_of(path);
  return execution;
}

Outcome StepHistory::replay_branch(BranchMachine& machine, const BranchPath& path,
                                   const std::vector<Event>& events, std::string previous,
                                   ExecutionStatus run_status) {
  Open open;
  bool current_reported = false;
  const auto report = [&](const Step& step, Instant start, std::optional<Instant> end,
                          std::string status, SharedJson output, std::uint64_t input_bytes,
                          std::vector<ConsoleLine> console) {
    Finding finding;
    finding.step = describe(step, path);
    finding.step.start = open.start.value_or(start);
    finding.step.end = end;
    finding.step.status = std::move(status);
    finding.step.previous = previous;
    finding.step.input_bytes = input_bytes;
    finding.step.output_bytes = bytes_of(output);
    finding.step.attempts = std::move(open.attempts);
    finding.before = &machine;
    finding.output = std::move(output);
    finding.console = std::move(console);
    previous = finding.step.id;
    visit_(std::move(finding));
    open = Open{};
  };
  for (const auto& event : events) {
    const Step* step = machine.current_step();
    if (const auto* completed = std::get_if<StepCompleted>(&event.body)) {
      CHECK(step != nullptr, "a step completed behind the end");
      open.attempts.push_back({completed->attempt, completed->started, event.at, {}, {}});
      report(*step, completed->started, event.at, "SUCCEEDED", completed->output,
             completed->input_bytes, completed->console);
    } else if (const auto* failed = std::get_if<StepFailed>(&event.body)) {
      CHECK(step != nullptr, "a step failed behind the end");
      open.attempts.push_back({failed->attempt, failed->started, event.at,
                               Error(failed->code, failed->message), failed->retry_at});
      if (!open.start) open.start = failed->started;
      if (!failed->retry_at) {
        report(*step, failed->started, event.at, "FAILED",
               error_output(failed->code, failed->message, failed->response), failed->input_bytes,
               failed->console);
        current_reported = !step->continue_on_error;
      }
    } else if (const auto* page = std::get_if<PageFetched>(&event.body)) {
      if (!open.start) open.start = page->started;
      open.attempts.push_back({page->attempt, page->started, event.at, {}, {}});
    } else if (std::holds_alternative<DelayArmed>(event.body)) {
      open.start = event.at;
    } else if (std::holds_alternative<DelayElapsed>(event.body)) {
      CHECK(step != nullptr, "a delay elapsed behind the end");
      report(*step, event.at, event.at, "SUCCEEDED", nullptr, 0, {});
    } else if (const auto* joined = std::get_if<FanOutJoined>(&event.body)) {
      CHECK(step != nullptr, "a fan-out joined behind the end");
      report(*step, joined->started, event.at, "SUCCEEDED", joined->output, 0, {});
    }
    if (const auto* ended = std::get_if<ExecutionEnded>(&event.body);
        ended && ended->step && step && *ended->step == step->index && !current_reported) {
      // The run was given up at this step (it kept crashing): the step has no event of its own.
      report(*step, event.at, event.at, "FAILED", error_output(ended->code, ended->message), 0, {});
      current_reported = true;
    }
    machine.apply(event);
    if (std::holds_alternative<FanOutOpened>(event.body)) {
      open.start = event.at;
      const auto id = step_path(*machine.current_step(), indexes_of(path));
      if (auto children = replay_children(machine, path, id, run_status); !children) {
        return children;
      }
    }
  }
  // The step that the branch stands at, unless it failed for good: then it has been reported.
  const Step* current = machine.current_step();
  if (current != nullptr && !current_reported) {
    report(*current, events.empty() ? Instant{} : events.back().at, std::nullopt,
           open_status(machine, run_status), nullptr, 0, {});
  }
  return Done{};
}

Outcome StepHistory::replay_children(const BranchMachine& machine, const BranchPath& path,
                                     const std::string& fan_out_id, ExecutionStatus run_status) {
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
        problem =
            replay_branch(child, path.child(fan_out.index, index), events, fan_out_id, run_status);
        return problem.ok();
      });
  if (!read) return read;
  return problem;
}

}  // namespace millrace
