#pragma once
// The task history: what users see of their runs. Lists come from the summaries; steps come from the
// journal itself, replayed through the pure machine: a step's input is rendered again from the state
// the journal leads to, so nothing is stored twice. Files are shown as hex, as they came in, up to
// limits::shown_files_bytes_max together; beyond it by their handles. Blocks on the disk: request threads only.

#include "runtime/history/step_execution.h"
#include "runtime/history/step_history.h"
#include "storage/tables/execution_table.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class WorkflowLibrary;

class TaskHistory {
 public:
  TaskHistory(const storage::OrderedStore& store, WorkflowLibrary& workflows);

  using Query = storage::ExecutionTable::HistoryQuery;
  using Page = storage::ExecutionTable::HistoryPage;

  Result<Page> list(const Query& query) const;

  struct Execution {
    ExecutionSummary summary;
    std::optional<ErrorDetail> failure;  // step and message, when the run failed
    /// In the order in which they ended; a step inside a fan-out once per element.
    std::vector<StepExecution> steps;
  };
  /// Error not_found also for another project's run.
  Result<Execution> show(const ProjectId& project, const ExecutionId& execution) const;

  /// All steps with inputs and outputs; of fan-outs, the first `elements_max` elements.
  Result<std::vector<StepDetail>> details(const ProjectId& project, const ExecutionId& execution,
                                          std::size_t elements_max) const;

  Result<StepDetail> step(const ProjectId& project, const ExecutionId& execution,
                          const std::string& step_execution_id) const;

 private:
  Result<ExecutionSummary> summary(const ProjectId& project, const ExecutionId& execution) const;
  Outcome replay(const ExecutionSummary& summary,
                 const std::function<void(StepHistory::Finding&&)>& visit,
                 std::vector<Event>* root_events) const;

  const storage::OrderedStore& store_;
  storage::ExecutionTable table_;
  WorkflowLibrary& workflows_;
};

}  // namespace millrace
