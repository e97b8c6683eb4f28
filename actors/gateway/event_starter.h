#pragma once
// Starts what an app event starts: every deployed workflow that listens to it, on every account of the
// user that has it enabled. The first rows of all these runs are one commit, so they exist together or not
// at all; then each is resumed from its rows, as one that waited is. So nobody begins a run that somebody
// else, such as the recovery sweep after a crash, has found in the meantime. Free of CAF; thread-safe;
// blocks on the disk: for request threads.

#include "actors/gateway/gateway.h"
#include "actors/gateway/starter.h"
#include "actors/observation/run_observer.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/workflow_library.h"

#include <memory>
#include <vector>

namespace millrace {

class EventStarter {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    WorkflowLibrary& workflows;
    const Tenants& tenants;
    const Starter& starter;
    /// Returns at once; a run that goes on already, or has ended, is left alone.
    std::function<void(const RunOrder&)> resume;
    /// The commit of a run's first rows failed: whatever of it is on the disk is erased.
    std::function<void(const ExecutionId&)> refused;
    RunObserver* observer = nullptr;  // may be null
    EventLog* log = nullptr;          // may be null
  };

  explicit EventStarter(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  /// See Gateway::trigger_event.
  Result<std::vector<ExecutionId>> start(const EventRequest& request);

 private:
  using Orders = std::vector<std::shared_ptr<RunOrder>>;

  /// Adds the runs of one workflow. An unmet condition is noted, other errors are the whole event's.
  Outcome prepare(const EventRequest& request, const TenantView& tenant, const WorkflowId& workflow,
                  Orders& orders);
  Outcome store(const Orders& orders, storage::WriteBatch batch);
  void note(const EventRequest& request, const WorkflowId& workflow, const std::string& integration,
            const Error& why);

  Dependencies uses_;
};

/// What came in starts nothing because something is as it is, not because something went wrong: the
/// event log tells of it.
bool is_unmet_condition(ErrorCode code);

std::string trace_id_text(const std::optional<TraceParent>& trace);

}  // namespace millrace
