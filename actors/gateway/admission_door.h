#pragma once
// Holds triggers back as their workflow's `admission` says, and lets them go at their time
// (runtime/admission/admission_rules.h decides, storage/tables/admission_table.h has the rows).
//
//   door ─► prepared run ─► Passage ─► debounce or batch ─► singleton ─► throttle ─► run
//                                            │ waits             │ waits      │ waits
//   wake of a line, or a run has ended ─► serve ─► the first ones go on from there
//
// Exactly once. Whatever happens to a trigger is one commit: that it waits, with what the caller has to remember of
// it; or that it goes on, in however many stages, with the first rows of the run that it becomes. All lines of a user
// are on the user's shard, and one thread at a time decides of a user's triggers, up to the commit. So a crash leaves
// a trigger where it was or where it went, and a throttle or singleton never counts what did not happen.
//
// Wakes are hints, and so is the word that a run has ended (`ended`): lost, they cost time. A line is decided by the
// version that is live when it is served: with other rules what waits follows those, and where nothing is live what
// waits is dropped, which the event log tells.
//
// Bounded: see runtime/admission/admission_limits.h. What finds no room is refused with `admission_full`.
//
// Free of CAF; thread-safe; blocks on the disk: for request threads, and for the threads that serve wakes.

#include "actors/gateway/joint_starter.h"
#include "actors/scheduling/admission_options.h"
#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/keyed_locks.h"
#include "actors/tenants/unsettled_commits.h"
#include "actors/tenants/workflow_library.h"
#include "actors/workers/trouble_log.h"
#include "runtime/base/log.h"
#include "runtime/base/random.h"
#include "storage/tables/admission_table.h"
#include "storage/tables/execution_table.h"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

/// Triggers that wait, by stage: index AdmissionStage - 1.
using WaitingCounts = std::array<std::atomic<std::int64_t>, 4>;

class AdmissionDoor {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    const ShardOwnership& ownership;
    WorkflowLibrary& workflows;
    const Tenants& tenants;
    const Starter& starter;
    JointStarter& joint;
    const Clock& clock;
    Random& random;
    LogSink log;
    /// A wake is durable. Returns at once.
    std::function<void(const storage::WakeRow&)> schedule;
    /// Has `serve` called for this target soon, as for a wake. Returns at once.
    std::function<void(const storage::WakeRow&)> serve_soon;
    /// Asks a run to end. Returns at once; the wish may be lost.
    std::function<void(const ExecutionSummary&, const std::string& by)> cancel;
    EventLog* log_of_events = nullptr;  // may be null
    WaitingCounts& waiting;
  };
  AdmissionDoor(Dependencies dependencies, AdmissionOptions options);

  class Passage;

  /// Serves the wake of a line. When to go on; nothing: it is through.
  std::optional<Instant> serve(const storage::WakeRow& wake);
  /// A run has ended, on the disk. On the commit thread: returns at once.
  void ended(const ExecutionId& run);

  /// Adds the removal of all that waits for a user and is remembered of him.
  Outcome erase(const ProjectId& project, const UserId& user, storage::WriteBatch& batch);

  struct Lines {
    std::vector<storage::AdmissionLineRow> lines;
    bool is_truncated = false;
  };
  /// The lines of a workflow in which triggers wait, of one user or (empty) of all on this node.
  Result<Lines> lines(const ProjectId& project, const WorkflowId& workflow,
                      const UserId& user) const;

 private:
  struct Room {
    std::size_t triggers = 0;
    std::uint64_t bytes = 0;
  };

  void count_stored();
  void count(const ProjectId& project, AdmissionStage stage, std::int64_t triggers,
             std::int64_t bytes);
  bool has_room(const ProjectId& project, std::size_t triggers, std::uint64_t bytes);
  Result<std::optional<Instant>> serve_line(const storage::WakeRow& wake);
  void remember(const ExecutionId& run, const storage::WakeRow& line);
  void forget(const ExecutionId& run);

  Dependencies uses_;
  const AdmissionOptions options_;
  const storage::AdmissionTable table_;
  const storage::ExecutionTable executions_;
  KeyedLocks locks_;  // by user
  UnsettledCommits unsettled_;
  TroubleLog trouble_;
  std::mutex mutex_;  // guards what follows
  std::map<ProjectId, Room> rooms_;
  /// The singletons' runs: of which line each has the place.
  std::unordered_map<ExecutionId, storage::WakeRow> running_;
};

}  // namespace millrace
