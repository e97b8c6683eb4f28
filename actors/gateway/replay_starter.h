#pragma once
// Does runs again: as a new run of the same user, on the same account, with what the trigger gave then.
//
//   read the original ─► choose the version ─► keep outputs, copy files ─► Starter's checks ─► one commit
//
// Nothing leads from the new run back into the original's rows, but for the id in `replay_of`: outputs and
// files are copied, in the commit of the first event, so erasing the original changes nothing of its replays.
// What was stored sealed is opened, and sealed anew under the new run. Settings, the user's meta and secrets are
// those of today.
//
// Who may run is asked as for any trigger (TenantView::grant); besides, the workflow must be deployed, whatever
// version is run: undeploying withdraws it. A refusal is in the event log, as of type "replay".
//
// Free of CAF; thread-safe; blocks on the disk: for request threads and background work.

#include "actors/gateway/gateway.h"
#include "actors/gateway/joint_starter.h"
#include "actors/gateway/received.h"
#include "actors/runs/original_run.h"

#include <memory>
#include <optional>

namespace millrace {

/// On which version, and from where.
struct ReplayChoice {
  enum class Version : std::uint8_t { own = 0, deployed = 1, numbered = 2 };  // stored numbers
  Version which = Version::own;
  WorkflowVersion version = 0;  // when it is numbered
  StepId from_step{};           // empty: from the beginning
};

struct ReplayRequest {
  ProjectId project;
  ExecutionId original;
  ReplayChoice how{};
  /// In the place of what the trigger gave; files as handles, of `files` or of the original. Others are refused.
  std::optional<Json> input{};
  /// Likewise of steps before `from_step`, by their ids.
  JsonObject outputs{};
  RunFiles files{};
  std::optional<TraceParent> trace{};
};

struct ReplayedRun {
  ExecutionId execution;
  UserId user;
  WorkflowId workflow;
  WorkflowVersion version = 0;
  Instant submitted{};
  bool is_repeated = false;  // an earlier request with the same key has started it
};

class ReplayStarter {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    WorkflowLibrary& workflows;
    const storage::Sealer& sealer;
    const Starter& starter;
    JointStarter& joint;
    Received& received;
    EventLog* log = nullptr;  // may be null
  };
  explicit ReplayStarter(Dependencies dependencies)
      : uses_(std::move(dependencies)),
        originals_(uses_.store, uses_.workflows, uses_.sealer),
        executions_(uses_.store) {}

  /// Returns when the new run is durable. With a key that was used for it already, the run of that time. Errors,
  /// and then nothing was started: not_found, workflow_not_deployed, conflict (the key was used for something
  /// else), invalid_request (all findings as details; a test run), invalid_file (likewise), limit_exceeded,
  /// overloaded, storage_failed, shard_moved, secrets_locked, and the unmet condition of a live run (see
  /// TenantView::grant).
  Result<ReplayedRun> replay(ReplayRequest request, const std::optional<Idempotency>& idempotency);

  /// The order alone, for whoever commits it with others: that batch was begun on the original's shard before.
  /// Errors: as `replay`.
  Result<std::shared_ptr<RunOrder>> prepare(ReplayRequest request) const;

 private:
  Result<std::shared_ptr<RunOrder>> order_of(ReplayRequest request,
                                             const OriginalRun& original) const;
  Result<std::shared_ptr<const Workflow>> workflow_of(const ReplayChoice& how,
                                                      const OriginalRun& original) const;
  enum class IsInputGiven : std::uint8_t { no, yes };
  /// Copies the original's files that the new run names. Error invalid_file: what is given names others, with the
  /// places.
  Outcome add_files(RunStart& start, const OriginalRun& original,
                    IsInputGiven is_input_given) const;
  void note(const ExecutionSummary& original, const std::optional<TraceParent>& trace,
            const Error& why) const;

  const Dependencies uses_;
  const OriginalRuns originals_;
  const storage::ExecutionTable executions_;
};

/// The names of a replay's triggers in the event log.
inline constexpr std::string_view replay_log_type = "replay";

}  // namespace millrace
