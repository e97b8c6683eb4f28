#pragma once
// Migrations between the stored versions of workflows, and what one would do: bulk_jobs.h does it.
//
// A preview goes by what is on the disk. What runs in memory at this moment it can only guess: a run that stands at a
// step without waiting for anything counts as one whose step runs. Bounded: it reads so many runs, describes the first
// of them and counts the rest by their reasons, and says when it has not looked at all.
//
// Thread-safe; blocks on the disk: for request threads, and for the thread that serves bulk jobs.

#include "actors/runs/original_run.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/migration/migration.h"
#include "storage/tables/bulk_job_table.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class Migrations {
 public:
  Migrations(const storage::OrderedStore& store, WorkflowLibrary& workflows,
             const storage::Sealer& sealer)
      : store_(store), workflows_(workflows), runs_(store, workflows, sealer) {}

  /// Errors: not_found (the workflow has no such version), and those of Migration::between.
  Result<std::shared_ptr<const Migration>> between(const ProjectId& project,
                                                   const WorkflowId& workflow, WorkflowVersion from,
                                                   WorkflowVersion to, const JsonObject& map) const;
  Result<std::shared_ptr<const Migration>> of_job(const storage::BulkJobRow& job) const;

  struct Line {
    ExecutionId execution;
    std::optional<ExecutionStatus> status;  // nothing: there is no such run
    std::string code{};     // why it stays (obstacle.h, or of an error); empty: it would move
    std::string step{};     // where it stands, or what keeps it
    std::string step_to{};  // where it would stand
    std::string message{};  // of one that stays
  };
  struct Preview {
    std::vector<Line> lines;  // the first limits::migration_described_max
    std::size_t moving = 0;
    std::map<std::string, std::size_t> staying;  // by their codes
    bool is_partial = false;
  };
  /// Of the runs that are named, or of those that the filter means: on that version, and not ended. Errors: those of
  /// the store.
  Result<Preview> preview(const ProjectId& project, const Migration& migration,
                          const std::vector<ExecutionId>& executions,
                          const std::optional<storage::BulkFilter>& filter) const;

 private:
  Line look_at(const ProjectId& project, const Migration& migration,
               const ExecutionId& execution) const;

  const storage::OrderedStore& store_;
  WorkflowLibrary& workflows_;
  const OriginalRuns runs_;
};

}  // namespace millrace
