#pragma once
// Serves the ticks of schedules: each tick starts the workflow once for every account that has it enabled, or,
// of a workflow that needs no account, for every user of the project.
//
// One row per workflow says how far this has come (storage/tables/schedule_table.h). Every part of the work is
// one commit: the first rows of the runs of some accounts, the key of the last of them, and with the last part
// the next wake in place of this one. So a crash anywhere leaves a tick that goes on behind the accounts that
// have their runs. Nobody else changes the row meanwhile: a part holds the workflow (WorkflowLibrary::hold), as
// whoever deploys does. The runs are resumed from their rows afterwards, or found by the recovery sweep.
//
// The row lies on the project's shard and covers the accounts of all shards, in the order of shards, instead of
// one row on each: 256 rows and wakes for each workflow would have to be written at each tick, mostly for
// nobody. A commit names the fences of both; only the owner of the row starts anything by it.
//
// Where each user has a zone of his own, the row wakes at the ticks of all zones, and each time those users run
// whose zone ticks then. So nothing has to be kept for a user, and one who moves is served in his new zone.
//
// A tick counts as missed when it came before this process, or longer ago than `late_max`: then it is for
// `catchUp` to say what is run. A tick for many is spread over `spread`, or until the next tick, whichever is
// shorter (runtime/schedules/tick_pace.h). Thread-safe for different targets; blocks on the disk.

#include "actors/gateway/scheduled_starts.h"
#include "actors/tenants/unsettled_commits.h"
#include "actors/workers/trouble_log.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace millrace {

class TickStarter {
 public:
  /// From now on somebody is there to serve ticks.
  TickStarter(TickDependencies dependencies, TickOptions options);

  /// Does a part of what the wake of a schedule is for. When to go on; nothing: it is through.
  std::optional<Instant> serve(const storage::WakeRow& wake);

 private:
  using Workflow = std::shared_ptr<const millrace::Workflow>;
  using Again = std::optional<Instant>;

  Result<Again> serve_workflow(const storage::WakeRow& wake);
  Result<Again> serve_account(const storage::WakeRow& wake);
  /// The version that is live, if it has a schedule. Nothing: there is none any more.
  Result<std::optional<Workflow>> scheduled(const ProjectId& project, const WorkflowId& id);
  Outcome drop(const storage::WakeRow& wake);

  void begin_walk(storage::ScheduleRow& row) const;
  Result<Again> walk_on(storage::ScheduleRow row, const Workflow& workflow,
                        storage::WriteBatch batch);
  Outcome add_runs(const storage::ScheduleRow& row,
                   const std::vector<storage::AudienceMember>& members,
                   const SchedulerTrigger& trigger, ScheduledStarts& starts);
  Result<Again> end_walk(storage::ScheduleRow row, const Workflow& workflow,
                         ScheduledStarts& starts);
  /// What was missed and is not run is in the event log.
  void note_missed(const Workflow& workflow, Instant from, Instant until) const;
  /// How many accounts are to be served now.
  std::size_t part_of(const storage::ScheduleRow& row);
  /// When to go on, behind a part of `part` accounts that ends where the row says.
  Result<Instant> next_part(const storage::ScheduleRow& row, const SchedulerTrigger& trigger,
                            const storage::ScheduleAudience& audience, std::size_t part);

  void forget_pace(const std::string& key);

  TickDependencies uses_;
  const TickOptions options_;
  const storage::ScheduleTable table_;
  const Instant there_since_;
  UnmetNotes notes_;
  UnsettledCommits unsettled_;
  TroubleLog trouble_;
  std::mutex mutex_;
  std::map<std::string, TickPace> paces_;  // of the ticks at hand, by the keys of their rows
};

}  // namespace millrace
