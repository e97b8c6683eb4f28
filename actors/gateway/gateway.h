#pragma once
// The door for everything outside the actors: HTTP handlers, the command line's server, tests. Free
// of CAF. Every function may be called from any thread that is not an actor's, blocks at most as long
// as it says, and returns what happened or a user-readable error.

#include "actors/runs/place_wait.h"
#include "actors/runs/run_files.h"
#include "actors/runs/trigger_reply.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/text/trace_parent.h"
#include "runtime/webhooks/delivery.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// `Idempotency-Key` of a trigger: within limits::received_kept_for the same key starts nothing anew.
struct Idempotency {
  std::string key;  // 1 to limits::idempotency_key_bytes_max bytes
  std::string
      content;  // a digest of what it says, 32 bytes: another one under the same key is a conflict
};
Error another_content();

struct TriggerRequest {
  ProjectId project;
  UserId user;
  WorkflowId workflow;
  Json output;  // the trigger's output, such as request_output(...); files as handles
  RunFiles files{};
  std::string credential{};            // that the caller chose (account_text.h); empty: the first
  std::optional<TraceParent> trace{};  // which trace the request belongs to
  std::string method{};                // of the request; empty: whichever the trigger wants
};

struct OnceReply {
  TriggerReply reply;
  bool is_replayed = false;  // of a run that an earlier request with the same key has started
};

struct EventRequest {
  ProjectId project;
  UserId user;
  std::string event;  // its name
  Json payload;       // files as handles
  RunFiles files{};
  /// Only for these (account_text.h); none: each that has a workflow enabled, and those that need none.
  std::vector<std::string> accounts{};
  std::optional<TraceParent> trace{};  // which trace the event belongs to
  std::optional<Idempotency> idempotency{};
};

struct StartedRuns {
  std::vector<ExecutionId> executions;
  bool is_replayed = false;  // they were started by an earlier request with the same key
  /// What starts no run now, because of its workflow's `admission`.
  std::vector<std::pair<WorkflowId, HeldBack>> held_back{};
};

/// A delivery of a webhook that was verified, as far as it is for one user.
struct Delivery {
  ProjectId project;
  UserId user;
  std::string integration;
  std::string webhook;
  /// The integration's triggers that refer to the webhook: TriggerKind::name of those that may mean one.
  std::vector<std::string> triggers;
  SharedParts parts;
  struct Event {
    std::string id;  // by which a repeat is known; empty: by nothing
    Json value;
    /// Of the user, that it is for: at least one. Of a resource none: each that has a workflow enabled.
    std::vector<std::string> accounts;
  };
  std::vector<Event> events;
  RunFiles files{};
  std::optional<TraceParent> trace{};
  /// Of a resource that names nobody: what the user has not enabled is passed over without a word.
  bool is_for_everybody = false;
};

/// An account whose polls a webhook has asked to look now.
struct PolledAccount {
  ProjectId project;
  UserId user;
  std::string credential;
  /// Of the integration's polled triggers that the webhook wakes: TriggerKind::name of those that may mean one.
  std::vector<std::string> triggers;
};

class Gateway {
 public:
  virtual ~Gateway() = default;

  /// Starts a run of the deployed version and holds its reply. Returns when the run is durable (no Response step) or
  /// when there is something to answer, at most after `hold`. Errors, and then nothing was started:
  /// not_found, workflow_not_deployed, method_not_allowed (see check_method), invalid_request (violations as details),
  /// overloaded, storage_failed, and the unmet condition of a live run (see TenantView::grant).
  virtual Result<TriggerReply> trigger(TriggerRequest request, Millis hold) = 0;

  /// The same, but a request with a key that was used within limits::received_kept_for starts nothing: it
  /// is answered with what the run of the first one has answered, or waits for that. Of repeats at the same
  /// time one starts. Errors besides: conflict (the key was used for another request).
  virtual Result<OnceReply> trigger_once(TriggerRequest request, Idempotency idempotency,
                                         Millis hold) = 0;

  /// Starts a run of each deployed workflow that listens to the event and that the user has enabled, on each
  /// account that has it. Returns when all of them are durable, which they are together or not at all, and
  /// waits for none of them. What is not started for an unmet condition is in the event log. Errors, and
  /// then nothing was started: limit_exceeded (runs_per_event_max), conflict (the key was used for something
  /// else), overloaded, storage_failed, shard_moved.
  virtual Result<StartedRuns> trigger_event(EventRequest request) = 0;

  /// Starts a run of each deployed workflow on the webhook, for each event, on each account that has it
  /// enabled; of a repeated event it names the runs that it has started before. Returns when all of them are
  /// durable, which they are together or not at all. What is not started for an unmet condition is in the
  /// event log. Errors, and then nothing was started: limit_exceeded (runs_per_delivery_max), overloaded,
  /// storage_failed, shard_moved.
  virtual Result<std::vector<ExecutionId>> deliver(Delivery delivery) = 0;

  /// Asks a run to stop: no further step begins. Returns once the wish is durable. `by`: whom its history
  /// names. Errors: not_found (also for another project's run), conflict (already ended).
  virtual Outcome cancel(const ProjectId& project, const ExecutionId& execution,
                         const std::string& by) = 0;
  Outcome cancel(const ProjectId& project, const ExecutionId& execution) {
    return cancel(project, execution, {});
  }

  /// What keeps a run, which neither sleeps nor has ended, out of memory. Nothing: it is at work, or nobody knows.
  /// Answers within a second.
  virtual std::optional<PlaceWait> place_wait(const ExecutionSummary& /*run*/) {
    return std::nullopt;
  }

  /// True when start-up recovery has been planned and new work is accepted.
  virtual bool is_ready() const = 0;
};

}  // namespace millrace
