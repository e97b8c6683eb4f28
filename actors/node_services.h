#pragma once
// What actors use of the world: everything that is not another actor. One instance per process, built
// by the gateway, outlives all actors. Every member is thread-safe.

#include "actors/observation/run_observer.h"
#include "actors/runs/branch_loader.h"
#include "actors/runs/entry_turns.h"
#include "actors/runs/held_replies.h"
#include "actors/runs/project_loads.h"
#include "actors/runs/run_queue.h"
#include "actors/scheduling/admission_options.h"
#include "actors/scheduling/bulk_options.h"
#include "actors/scheduling/poll_options.h"
#include "actors/scheduling/tick_options.h"
#include "actors/scheduling/timer_service.h"
#include "actors/shards/shard_ownership.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/refused_credentials.h"
#include "actors/tenants/request_gate.h"
#include "actors/tenants/storage_room.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/token_refresh.h"
#include "actors/tenants/workflow_library.h"
#include "actors/workers/flush_reminder.h"
#include "actors/workers/storage_reader.h"
#include "runtime/base/clock.h"
#include "runtime/base/histogram.h"
#include "runtime/base/log.h"
#include "runtime/base/random.h"
#include "runtime/functions/function_engine.h"
#include "runtime/outbound/http_caller.h"
#include "storage/crypto/sealer.h"
#include "storage/group_commit.h"
#include "storage/tables/wake_table.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>

namespace millrace {

struct ActorOptions {
  std::size_t scheduler_threads = 0;  // 0: one for two cores
  std::size_t reader_threads = 2;
  std::size_t live_executions_per_project_max = limits::live_executions_per_project_max;
  RunQueueOptions queue;  // of each project
  EntryTurnOptions entries;
  std::size_t fan_out_children_live_max = limits::fan_out_children_live_max;
  /// A branch whose wait is shorter stays in memory; a longer one is unloaded.
  Millis stay_awake{2'000};
  /// How long events of pure steps wait in their branch for company before they go to the disk.
  Millis journal_linger{4};
  /// Users and projects without runs leave memory after about this long.
  Millis idle_sweep{10'000};
  Millis recovery_interval{300'000};
  TimerServiceOptions timers;
  TickOptions ticks;
  PollOptions polls;
  BulkOptions bulk;
  AdmissionOptions admission;
  /// A hook of tests: called with each event before it is journalled; throwing crashes the actor. Whoever
  /// wants to see what runs do is a RunObserver.
  std::function<void(const ExecutionId&, const Event&)> before_record;
};

/// Counters since the start, gauges and waits, for /metrics and tests.
struct ActorStats {
  std::atomic<std::uint64_t> runs_started{0};
  std::atomic<std::uint64_t> runs_succeeded{0};
  std::atomic<std::uint64_t> runs_failed{0};
  std::atomic<std::uint64_t> runs_cancelled{0};
  std::atomic<std::uint64_t> runs_loaded{0};    // rebuilt from their journals
  std::atomic<std::uint64_t> runs_unloaded{0};  // put to sleep
  std::atomic<std::uint64_t> actor_crashes{0};
  std::atomic<std::uint64_t> late_results{0};  // outcomes nobody waits for any more
  std::atomic<std::int64_t> runs_live{0};
  std::atomic<std::int64_t> runs_queued{0};
  std::atomic<std::int64_t> entry_turns_waiting{0};  // projects that wait for one
  std::atomic<std::int64_t> children_live{0};
  std::atomic<std::int64_t> held_responses{0};  // requests that wait for a Response step
  /// Triggers that wait for their workflow's `admission`, by stage: index AdmissionStage - 1.
  std::array<std::atomic<std::int64_t>, 4> triggers_waiting{};
  Histogram place_wait{
      buckets::long_times};  // of runs that found no place in their project at once
};

/// What whoever builds the node brings along.
struct NodeDependencies {
  const storage::OrderedStore& store;
  storage::GroupCommit& commits;
  const ShardOwnership& ownership;
  Clock& clock;
  Random& random;
  FunctionEngine& functions;
  HttpCaller& http;
  const Tenants& tenants;
  WorkflowLibrary& workflows;
  const storage::Sealer& sealer;  // of what runs must not store in clear
  LogSink log;
  ActorOptions options;
  RunObserver* observer = nullptr;        // null: nobody looks on, and nothing is collected
  RefusedCredentials* refused = nullptr;  // null: accounts stay as they are whatever peers answer
  EventLog* event_log = nullptr;          // null: what starts nothing is not written down
  TokenRefresh* tokens = nullptr;         // null: accounts are used as they are
  /// The time of a sign-in at a provider is over. May block on the disk; empty: nobody signs in.
  std::function<void(const storage::WakeRow&)> sign_in_ended{};
  RequestGate* gate = nullptr;  // null: requests leave as they come
  /// A wake of the subscriptions is due. Returns at once; empty: nothing is subscribed to.
  std::function<void(const storage::WakeRow&)> subscription_due{};
  ProviderCounts* counts = nullptr;  // null: nobody counts
  StorageRoom* room = nullptr;       // null: projects may store what they like
};

struct NodeServices : NodeDependencies {
  TimerService& timers;
  HeldReplies& held_replies;
  ProjectLoads& loads;
  StorageReader& reader;
  FlushReminder& reminder;
  BranchLoader loader;
  EntryTurns& entries;
  ActorStats& stats;
  /// The start of a run was refused because its commit failed: whatever of it is on the disk is erased.
  std::function<void(const ExecutionId&)> start_refused;
};

}  // namespace millrace
