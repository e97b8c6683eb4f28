#pragma once
// Runs of one scheduled workflow that are started in one commit, together with what else the commit says: how
// far the tick has come, and when to wake next. Knows about `overlap`. Used by one thread for one commit, while
// the workflow is held (WorkflowLibrary::hold), so that nobody else changes the same rows.

#include "actors/gateway/starter.h"
#include "actors/gateway/unmet_notes.h"
#include "actors/observation/run_observer.h"
#include "actors/scheduling/tick_options.h"
#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/base/log.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/schedule_audience.h"
#include "storage/tables/schedule_table.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace millrace {

/// What the serving of ticks uses.
struct TickDependencies {
  const storage::OrderedStore& store;
  FencedCommits commits;
  const ShardOwnership& ownership;
  WorkflowLibrary& workflows;
  const Tenants& tenants;
  const Starter& starter;
  const Clock& clock;
  LogSink log;
  /// Returns at once; a run that goes on already, or has ended, is left alone.
  std::function<void(const RunOrder&)> resume;
  /// A wake is durable. Returns at once.
  std::function<void(const storage::WakeRow&)> schedule;
  RunObserver* observer = nullptr;    // may be null
  EventLog* log_of_events = nullptr;  // may be null
};

class ScheduledStarts {
 public:
  /// `batch` is fenced already; `workflow` has a schedule.
  ScheduledStarts(TickDependencies& uses, UnmetNotes& notes, const TickOptions& options,
                  std::shared_ptr<const Workflow> workflow, storage::WriteBatch batch);

  /// What is to be committed with the runs.
  storage::WriteBatch& batch() { return batch_; }

  /// Adds what the tick starts for the account: a run, nothing (an unmet condition, which is noted), or a place
  /// in the queue. Errors that are not the account's own, and then nothing may be committed: overloaded,
  /// storage_failed, shard_moved.
  Outcome add(const storage::AudienceMember& member, Instant tick);
  /// For a tick that waits: starts its run if the one before has ended, or looks again later.
  Outcome look(storage::ScheduledAccountRow row);
  /// Nothing is run for the account; why not is in the event log.
  void note(const UserId& user, const std::string& credential, const Error& why);

  /// Durable when it returns, and then the runs are on their way. After an error nobody knows yet whether it is
  /// durable: the rows say so, once the disk takes commits again.
  Outcome commit();

 private:
  enum class Started : std::uint8_t { yes, no };

  /// Error: as `add`.
  Result<Started> start(const UserId& user, const std::string& credential, Instant tick);
  Outcome start_alone(const storage::AudienceMember& member, Instant tick);
  /// Error: as `add`.
  Result<bool> is_going(const ExecutionId& run) const;
  /// The tick starts nothing, which is told once the commit is durable.
  void leave_out(const storage::AudienceMember& member, Instant tick, const std::string& why);
  EventLogEntry entry_for(const UserId& user) const;
  Outcome require(ShardId shard);
  void put_waiting(storage::ScheduledAccountRow& row, Instant look_again);

  TickDependencies& uses_;
  UnmetNotes& notes_;
  const TickOptions& options_;
  const std::shared_ptr<const Workflow> workflow_;
  const SchedulerTrigger& trigger_;
  storage::WriteBatch batch_;
  std::set<ShardId> fenced_;
  std::vector<std::shared_ptr<RunOrder>> orders_;
  std::set<ExecutionId> started_;
  std::map<std::string, storage::ScheduledAccountRow> accounts_;  // as they will be, by their keys
  std::vector<storage::WakeRow> wakes_;
  std::vector<std::pair<UserId, Error>> left_out_;
};

}  // namespace millrace
