#pragma once
// The pool's I/O thread: one epoll loop that takes calls in, gives them to workers, reads replies,
// lets workers stand still whose call waits or must make room, lets those rest whose place is needed
// elsewhere, and ends those that are late or dead. Every call that came in is answered here, once.
// Which project gets a worker is decided by `WorkerShares`; how processes start and end is known to
// `WorkerFleet`.

#include "actors/functions/epoll_set.h"
#include "actors/functions/function_pool.h"
#include "actors/functions/intake.h"
#include "actors/functions/project_queue.h"
#include "actors/functions/version_registry.h"
#include "actors/functions/worker_fleet.h"
#include "actors/functions/worker_process.h"
#include "actors/functions/worker_shares.h"

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace millrace {

class Dispatcher {
 public:
  Dispatcher(const FunctionPoolOptions& options, Intake& intake, int wake_descriptor);

  /// Until `stop` is seen. On return every call was answered and every process reaped.
  void run();
  /// From any thread; the caller wakes the loop.
  void stop() { stopping_.store(true); }
  FunctionPoolStats stats() const;

 private:
  // Events.
  void handle_events();
  void take_calls();
  void handle_worker(WorkerProcess& worker);
  void handle_reply(WorkerProcess& worker, WorkerProcess::Reply reply);
  void handle_wait(WorkerProcess& worker);
  void handle_death(WorkerProcess& worker, WorkerProcess::Health health);
  void handle_deadlines();
  void handle_lateness(WorkerProcess& worker);
  void survive(const std::exception& problem) const;
  int wait_ms() const;

  // Who works for whom.
  void dispatch();
  void feed(WorkerProcess& worker);
  void share_out();
  void count_used();
  bool swap_idle(ProjectQueue& project);
  void make_room_within(ProjectQueue& project);
  bool carry_out(const WorkerShares::Turn& turn);
  bool assign(ProjectQueue& project);
  void suspend(WorkerProcess& worker, Steady::time_point until);
  bool suspend_yielding();
  void go_on(WorkerProcess& worker);
  bool may_suspend(const WorkerProcess& worker) const;
  void retire(WorkerProcess& worker);
  void rest(WorkerProcess& worker);
  void leave_project(WorkerProcess& worker);
  int end_worker(WorkerProcess& worker, WorkerFleet::Reap when);

  // Calls.
  ProjectQueue& queue_of(const QueuedCall& call);
  void tell_shares(ProjectQueue& project);
  void cancel(FunctionEngine::CallId id);
  void left_worker(QueuedCall& call);
  void resubmit(std::vector<QueuedCallPtr>& calls);
  void answer(QueuedCall& call, FunctionOutcome outcome);
  void fail(QueuedCall& call, Error error);
  void fail_waiting(const Error& error);
  void fail_all_of(ProjectQueue& project, const Error& error);
  void forget_unused();
  void shut_down();
  void publish();

  /// How many workers may stand still: in all, of one project, of one user of it.
  struct Suspended {
    std::size_t workers_max;
    std::size_t project_workers_max;  // those that run included
    std::size_t user_calls_max;
  };
  static Suspended suspended_of(const FunctionPoolOptions& options);

  const FunctionPoolOptions options_;
  const Suspended suspended_;
  Intake& intake_;
  const int wake_descriptor_;
  EpollSet epoll_;
  std::atomic<bool> stopping_{false};

  WorkerFleet fleet_;
  WorkerShares shares_;
  VersionRegistry versions_;
  std::unordered_map<ProjectId, std::unique_ptr<ProjectQueue>> projects_;
  std::vector<ProjectId> maybe_unused_;  // lost a worker or their calls in this round
  ProjectQueue checks_{ProjectId(), 1};  // its one worker counts against no limit
  std::unordered_map<FunctionEngine::CallId, QueuedCall*> calls_;  // not yet answered
  std::vector<QueuedCallPtr> arrived_;
  std::vector<FunctionEngine::CallId> cancelled_;
  std::uint64_t last_number_ = 0;
  bool somebody_waits_ = false;  // a project for a place
  Steady::time_point counted_;   // when it was last looked at what workers used
  Steady::time_point now_;

  mutable std::mutex stats_mutex_;
  FunctionPoolStats published_;  // guarded by stats_mutex_
  FunctionPoolStats counts_;
};

}  // namespace millrace
