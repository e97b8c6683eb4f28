#pragma once
// The task history: what users see of their runs. Lists come from the summaries; steps come from the
// journal itself, replayed through the pure machine: a step's input is rendered again from the state
// the journal leads to, so nothing is stored twice. Files are shown as hex, as they came in, up to
// limits::shown_files_bytes_max together; beyond it by their handles. Secrets of the run are shown as
// `[secret KEY]`, wherever they stand. Blocks on the disk: request threads only.

#include "runtime/base/limits.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/history/step_execution.h"
#include "runtime/history/step_history.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class RunSecrets;
class WorkflowLibrary;
namespace storage {
class OrderedStore;
class Sealer;
}  // namespace storage

class TaskHistory {
 public:
  /// `sealer`: of what runs did not store in clear. Without the right key, steps are shown as far as they
  /// stand in clear.
  TaskHistory(const storage::OrderedStore& store, WorkflowLibrary& workflows,
              const storage::Sealer& sealer);

  enum class Order : std::uint8_t { newest_first, oldest_first };

  struct Query {
    ProjectId project{};
    std::optional<UserId> user{};
    std::optional<WorkflowId> workflow{};
    std::optional<std::string> integration{};
    std::optional<ExecutionStatus> status{};
    std::optional<Instant> after{};   // started at or after
    std::optional<Instant> before{};  // started before
    Order order = Order::newest_first;
    std::size_t offset = 0;
    std::size_t limit = limits::history_page_max;  // more than this maximum is not returned
  };
  struct Page {
    std::vector<ExecutionSummary> executions;
    std::size_t total = 0;  // runs that match, counted up to limits::history_total_max
  };

  /// By the time of the start. With a user, one shard is read instead of all.
  Result<Page> list(const Query& query) const;

  struct Outline {
    ExecutionSummary summary;
    std::optional<ErrorDetail> failure;  // step, code (`got`) and message, when the run failed
  };
  /// Without its steps, so that the elements of its fan-outs are not read. Error: as of `show`.
  Result<Outline> outline(const ProjectId& project, const ExecutionId& execution) const;

  struct Execution {
    ExecutionSummary summary;
    std::optional<ErrorDetail> failure;  // likewise
    std::optional<Error> cancelled;      // why and by whom, when it was and that is known
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
  /// Why the run failed, by its root's last event.
  std::optional<ErrorDetail> failure_of(const ExecutionSummary& summary,
                                        const std::vector<Event>& root_events) const;
  Outcome replay(const ExecutionSummary& summary, RunSecrets& secrets,
                 const std::function<void(StepHistory::Finding&&)>& visit,
                 std::vector<Event>* root_events) const;

  const storage::OrderedStore& store_;
  WorkflowLibrary& workflows_;
  const storage::Sealer& sealer_;
};

}  // namespace millrace
