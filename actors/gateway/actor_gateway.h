#pragma once
// Builds the actor system and opens its door. Free of CAF, like everything in this folder's headers.

#include "actors/gateway/gateway.h"
#include "actors/gateway/poll_states.h"
#include "actors/node_services.h"
#include "actors/tenants/account_runs.h"

#include <memory>

namespace millrace {

class AdmissionDoor;
class BulkJobs;
class ReplayStarter;

/// A test run of a version that is stored already (see actors/test_runs/test_runs.h).
struct TestOrder {
  TriggerRequest trigger;
  WorkflowVersion version = 0;
  std::optional<StepIndex> only_step;
  JsonObject given_outputs;
};
struct TestEnd {
  ExecutionId execution;
  bool has_ended = false;  // false: the time was over, and the run has been cancelled
  std::optional<Error> error;
  StepId failed_step;
};

/// What a project has at work at this moment.
struct ProjectWork {
  std::size_t running = 0;  // runs that have a place
  std::size_t queued = 0;   // that are known to wait for one
  std::size_t held = 0;     // requests that wait for a Response step
};

class ActorGateway : public Gateway {
 public:
  /// Returns when the run has ended, at most after `hold`.
  virtual Result<TestEnd> run_test(TestOrder order, Millis hold) = 0;
  virtual const ActorStats& stats() const = 0;
  virtual ProjectWork work_of(const ProjectId& project) const = 0;
  /// What can be said of the polls of a user's accounts, in no particular order. Errors: those of the store.
  virtual Result<std::vector<PollState>> polls(const ProjectId& project, const UserId& user) = 0;
  /// Has these polls of the account look now, but for those that wait behind a failure. Errors: those of the store.
  virtual Outcome look_now(const PolledAccount& account) = 0;
  /// What changes of accounts start; as long as the gateway lives.
  virtual AccountRuns& account_runs() = 0;
  /// Does runs again, and acts on many at once; as long as the gateway lives.
  virtual ReplayStarter& replays() = 0;
  virtual BulkJobs& bulk_jobs() = 0;
  /// Holds triggers back; as long as the gateway lives.
  virtual AdmissionDoor& admission() = 0;
  /// A wake was stored: it comes in time. Any thread; returns at once.
  virtual void schedule(const storage::WakeRow& wake) = 0;
  /// Removes some of what is remembered of what came in on the shard (received.h) and is old. Blocks on the disk.
  virtual void clear_received(ShardId shard) = 0;
  /// Blocks until is_ready().
  virtual void wait_until_ready() = 0;
};

/// Starts actors, timers and recovery. The dependencies must outlive the gateway; destroying it stops
/// all actors where they are (their journals hold everything) and joins its threads.
std::unique_ptr<ActorGateway> make_actor_gateway(const NodeDependencies& dependencies);

}  // namespace millrace
