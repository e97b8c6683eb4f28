#pragma once
// Starts many runs of one user together. Their first rows are one commit, so they exist together or not at
// all; then each is resumed, as one that waited is. So nobody begins a run that somebody
// else, such as the recovery sweep after a crash, has found in the meantime. What one of the doors wants to
// remember of them (received.h) is in the same commit. Free of CAF; thread-safe; blocks on the disk: for
// request threads.

#include "actors/gateway/starter.h"
#include "actors/observation/run_observer.h"
#include "actors/runs/fresh_runs.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/fenced_commits.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace {

class JointStarter {
 public:
  struct Dependencies {
    FencedCommits commits;
    const Starter& starter;
    FreshRuns& fresh;
    /// Returns at once; a run that goes on already, or has ended, is left alone.
    std::function<void(const RunOrder&)> resume;
    /// The commit of a run's first rows failed: whatever of it is on the disk is erased.
    std::function<void(const ExecutionId&)> refused;
    RunObserver* observer = nullptr;  // may be null
    EventLog* log = nullptr;          // may be null
  };
  using Orders = std::vector<std::shared_ptr<RunOrder>>;

  /// What came in for one user.
  struct Incoming {
    ProjectId project;
    UserId user;
    const TriggerKind* kind = nullptr;
    std::string named;  // "the event \"Contact Created\"", for the event log
    Json output{};
    RunFiles files{};
    std::optional<TraceParent> trace{};
    SharedTenant tenant{};  // as it is going to be; null: as it is
  };

  explicit JointStarter(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  /// Adds a run of the workflow on each of the accounts; an empty account stands for one that needs none. An
  /// unmet condition is noted, other errors are the whole event's.
  Outcome prepare(const Incoming& incoming, const std::shared_ptr<const Workflow>& workflow,
                  const std::vector<std::string>& accounts, Orders& orders) const;

  /// `batch` was begun before anything was read for it, and may hold more than the runs.
  Outcome start(const Orders& orders, storage::WriteBatch batch);
  /// The same for runs whose rows are in somebody else's commit: first, and when that is durable.
  static void add(const Orders& orders, storage::WriteBatch& batch);
  void stored(const Orders& orders) const;

  /// It started nothing of the workflow (empty: of any), because of `why`.
  void note(const Incoming& incoming, const WorkflowId& workflow, const std::string& integration,
            const Error& why) const;

 private:
  void put_fresh(storage::WriteBatch& batch, const std::shared_ptr<const RunOrder>& order) const;

  Dependencies uses_;
};

/// What came in starts nothing because something is as it is, not because something went wrong: the
/// event log tells of it.
bool is_unmet_condition(ErrorCode code);
/// What starts from inside, where nobody waits for an answer, is passed over for this: an unmet condition, or a
/// project that may store nothing more. The event log tells of it.
bool is_passed_over(ErrorCode code);

std::string trace_id_text(const std::optional<TraceParent>& trace);

}  // namespace millrace
