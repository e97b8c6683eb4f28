#pragma once
// The task history: what users see of their runs. Lists come from the summaries; what is shown of one run is
// run_details.h's. Blocks on the disk: request threads only.

#include "actors/gateway/run_details.h"
#include "actors/runs/project_places.h"
#include "runtime/base/limits.h"
#include "runtime/execution/execution_summary.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

namespace storage {
class HistoryIndex;
}  // namespace storage

class TaskHistory {
 public:
  /// `sealer`: of what runs did not store in clear. Without the right key, steps are shown as far as they
  /// stand in clear. `index`: what answers lists; null: the rows themselves do, whose walk takes its time.
  TaskHistory(const storage::OrderedStore& store, WorkflowLibrary& workflows,
              const storage::Sealer& sealer, storage::HistoryIndex* index = nullptr);

  enum class Order : std::uint8_t { newest_first, oldest_first };

  /// Where a run stands in the lists, whether it is there or not.
  struct Place {
    Instant started{};
    ExecutionId id;
  };

  struct Query {
    ProjectId project{};
    std::optional<UserId> user{};
    std::optional<WorkflowId> workflow{};
    std::optional<std::string> integration{};
    std::optional<ExecutionStatus> status{};
    std::optional<Instant> after{};   // started at or after
    std::optional<Instant> before{};  // started before
    Order order = Order::newest_first;
    /// The page begins with what follows this place; `offset` is then only what it is called.
    std::optional<Place> behind{};
    std::size_t offset = 0;
    std::size_t limit = limits::history_page_max;  // more than this maximum is not returned
  };
  struct Page {
    std::vector<ExecutionSummary> executions;
    std::size_t total = 0;      // runs that match
    bool is_total_cut = false;  // counted up to limits::history_total_max only
    bool has_more = false;
    std::optional<Place> last;  // what the next page is behind; nothing when the page is empty
  };

  /// By the time of the start; everything that was acknowledged before. All filters together. By the index;
  /// while the project's is being filled, or cannot be read, by the rows.
  Result<Page> list(const Query& query) const;

  struct StatisticsQuery {
    ProjectId project{};
    std::optional<WorkflowId> workflow{};
    Instant from{};
    Instant to{};     // exclusive, above `from`
    Millis bucket{};  // at most `statistics_buckets_max` of them
  };
  /// Runs by the time at which they started; those that go on are in none.
  struct StatisticsBucket {
    Instant at{};
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t cancelled = 0;
    std::optional<std::uint32_t> p50;  // milliseconds; nothing when no run ended
    std::optional<std::uint32_t> p95;
  };
  static constexpr std::size_t statistics_buckets_max = 1'000;
  /// Error overloaded: the index is being filled.
  Result<std::vector<StatisticsBucket>> statistics(const StatisticsQuery& query) const;

  /// The right to read all of a project's history, page after page.
  using ExportPlace = ProjectPlaces::Place;
  static constexpr std::size_t exports_per_project_max = 1;
  /// Error rate_limited: the project has as many as it may have.
  Result<ExportPlace> begin_export(const ProjectId& project) const;

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
  storage::HistoryIndex* const index_;
  mutable std::atomic<std::int64_t> exports_open_{0};
  mutable ProjectPlaces exports_{exports_open_};
};

}  // namespace millrace
