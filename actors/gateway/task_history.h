#pragma once
// The task history: what users see of their runs. Lists come from the summaries; what is shown of one run is
// run_details.h's. Blocks on the disk: request threads only.

#include "actors/gateway/run_details.h"
#include "runtime/base/limits.h"
#include "runtime/execution/execution_summary.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

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

  using Outline = RunDetails::Outline;
  using Execution = RunDetails::Shown;
  /// One run in all detail; what follows is the short way to what is asked for most.
  const RunDetails& runs() const { return runs_; }
  Result<Outline> outline(const ProjectId& project, const ExecutionId& execution) const {
    return runs_.outline(project, execution);
  }
  Result<Execution> show(const ProjectId& project, const ExecutionId& execution) const {
    return runs_.show(project, execution);
  }
  Result<std::vector<StepDetail>> details(const ProjectId& project, const ExecutionId& execution,
                                          std::size_t elements_max) const {
    return runs_.details(project, execution, elements_max);
  }
  Result<StepDetail> step(const ProjectId& project, const ExecutionId& execution,
                          const std::string& step_execution_id) const {
    return runs_.step(project, execution, step_execution_id);
  }

 private:
  const storage::OrderedStore& store_;
  const RunDetails runs_;
};

}  // namespace millrace
