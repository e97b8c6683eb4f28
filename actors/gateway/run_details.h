#pragma once
// One run in the task history: its steps, how often each has run, what one was given and gave. Steps come from
// the journals, replayed through the pure machine: an input is rendered again from the state that they lead to, so
// nothing is stored twice.
//
// However many elements a run's fan-outs have, a question reads what it shows and little more: counts come from
// the events that end fan-outs (of one that is open, from a row), failed steps by their rows
// (storage/tables/step_rows.h), one step by the branches around it, pages from where the last one ended. The
// bounds are in history_limits.h.
//
// Secrets of the run are shown as `[secret KEY]`, wherever they stand; files as hex, up to
// limits::shown_files_bytes_max together, beyond it by their handles. Thread-safe; blocks on the disk: request
// threads only. Errors: not_found (also of another project's run), corrupt_data, storage_failed.

#include "actors/gateway/history_limits.h"
#include "runtime/admission/admission_stage.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/execution/step_counts.h"
#include "runtime/history/step_execution.h"
#include "runtime/history/step_query.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct Event;
struct OpenedFanOut;
struct StepFinding;
class StepWalk;
struct Workflow;
class WorkflowLibrary;
namespace storage {
class OrderedStore;
class Sealer;
}  // namespace storage

class RunDetails {
 public:
  /// `sealer`: of what runs did not store in clear. Without the right key, steps are shown as far as they
  /// stand in clear.
  RunDetails(const storage::OrderedStore& store, WorkflowLibrary& workflows,
             const storage::Sealer& sealer)
      : store_(store), workflows_(workflows), sealer_(sealer) {}

  struct Outline {
    ExecutionSummary summary;
    std::optional<ErrorDetail> failure;  // step, code (`got`) and message, when the run failed
  };
  /// Without its steps.
  Result<Outline> outline(const ProjectId& project, const ExecutionId& execution) const;

  /// From one version of the workflow to another, while it ran.
  struct Move {
    Instant at{};
    WorkflowVersion from = 0;
    WorkflowVersion to = 0;
    std::string step;  // at which it stood, as that one is called now
    std::string by;    // who asked for it
  };
  struct Shown {
    ExecutionSummary summary;
    std::optional<ErrorDetail> failure;      // likewise
    std::optional<Error> cancelled;          // why and by whom, when it was and that is known
    std::optional<AdmittedStart> admission;  // of a run that its workflow's `admission` held back
    std::vector<Move> moves;                 // in their order
    /// In the order in which they ended, a step inside a fan-out once per element: all outside of fan-outs, and as
    /// many of the others as there is room for.
    std::vector<StepExecution> steps;
    std::size_t steps_total = 0;
    bool is_total_cut = false;  // there are more than were counted
  };
  Result<Shown> show(const ProjectId& project, const ExecutionId& execution) const;

  struct GraphStep {
    std::string step;  // "trigger" first
    std::string type;
    StepCount count;  // of a step outside of fan-outs, of its one run
    bool is_fan_out = false;
    std::string selected_choice{};  // of a conditional outside of fan-outs; empty: none yet
    WorkflowVersion version = 0;    // as of StepExecution
  };
  struct Graph {
    ExecutionSummary summary;
    Json definition;  // null: the version is gone
    /// Every step of the version that the run is on, in its order; then what ran under earlier ones and is gone.
    std::vector<GraphStep> steps;
    bool is_partial =
        false;  // steps were run before they were counted, and are too many to be read
  };
  Result<Graph> graph(const ProjectId& project, const ExecutionId& execution) const;

  struct Page {
    std::vector<StepExecution> steps;
    std::optional<StepPosition> next;
    std::optional<std::size_t> total;  // nothing: nobody knows without reading all
  };
  /// Only failed steps: by step, then by element. Otherwise by their place (step_walk.h).
  Result<Page> steps(const ProjectId& project, const ExecutionId& execution,
                     const StepQuery& query) const;

  struct OpenStepList {
    ExecutionSummary summary;
    std::vector<StepExecution> steps;
    bool is_partial = false;  // there may be more
  };
  /// What runs or sleeps.
  Result<OpenStepList> open_steps(const ProjectId& project, const ExecutionId& execution) const;

  /// All steps with inputs and outputs; of fan-outs, the first `elements_max` elements.
  Result<std::vector<StepDetail>> details(const ProjectId& project, const ExecutionId& execution,
                                          std::size_t elements_max) const;
  Result<StepDetail> step(const ProjectId& project, const ExecutionId& execution,
                          const std::string& step_execution_id) const;

  enum class Part : std::uint8_t { input, output };
  /// What the step was given, or gave: without secrets, and with files by their handles.
  Result<Json> value(const ProjectId& project, const ExecutionId& execution,
                     const std::string& step_execution_id, Part part) const;

 private:
  struct Run;
  struct ReadBudget;

  Result<ExecutionSummary> summary(const ProjectId& project, const ExecutionId& execution) const;
  Result<Run> open(const ProjectId& project, const ExecutionId& execution) const;
  /// Why the run failed, by its root's last event.
  std::optional<ErrorDetail> failure_of(const ExecutionSummary& summary,
                                        const std::vector<Event>& root_events) const;
  StepWalk walk_of(Run& run, ReadBudget& budget) const;
  /// Behind which element of an open fan-out none has begun, as far as anybody may know.
  Result<std::uint32_t> begun_end(Run& run, const BranchPath& parent,
                                  const OpenedFanOut& fan_out) const;
  /// False: nothing of the branch can be there yet. Errors: not_found, likewise, and those of reading.
  Result<bool> may_have_begun_in(Run& run, const BranchPath& branch) const;
  /// Error not_found; `take` is called once.
  Outcome find_step(Run& run, const std::string& id,
                    const std::function<void(StepFinding&&)>& take) const;
  Result<StepCounts> counts_inside(Run& run) const;
  Result<StepCounts> counts_of(Run& run, const OpenedFanOut& fan_out) const;
  Result<StepCounts> read_counts_of(Run& run, const std::shared_ptr<const Workflow>& workflow,
                                    const BranchPath& parent, StepIndex fan_out,
                                    std::size_t& elements_left) const;
  Result<Page> failed_page(Run& run, const StepQuery& query) const;
  Result<std::optional<std::size_t>> total_of(Run& run, const StepQuery& query) const;

  const storage::OrderedStore& store_;
  WorkflowLibrary& workflows_;
  const storage::Sealer& sealer_;
};

}  // namespace millrace
