#pragma once
// The pool's I/O thread: one epoll loop that takes calls in, decides which worker gets which, reads
// replies, and ends workers that are late, dead or needed elsewhere.
//
// Who gets a worker (deficit round robin): projects that have calls and no worker stand in a ring.
// The first takes a free place, else an idle worker's place, else the place of a project that has
// more than its share or has used up its credit of worker time; that worker is given nothing more
// and ends when it is empty. A place of a worker is never handed on together with the process.

#include "actors/functions/function_pool.h"
#include "actors/functions/intake.h"
#include "actors/functions/project_queue.h"
#include "actors/functions/version_registry.h"
#include "actors/functions/worker_process.h"
#include "actors/functions/zygote_process.h"

#include <atomic>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace millrace {

class Dispatcher {
 public:
  Dispatcher(const FunctionPoolOptions& options, Intake& intake, int wake_descriptor);
  ~Dispatcher();

  /// Until `stop` is seen. On return every call was answered and every process reaped.
  void run();
  /// From any thread; the caller wakes the loop.
  void stop() { stopping_.store(true); }
  FunctionPoolStats stats() const;

 private:
  // Events.
  void take_calls();
  void handle_zygote_end();
  void handle_worker(WorkerProcess& worker);
  void handle_reply(WorkerProcess& worker, WorkerProcess::Reply reply);
  void charge(ProjectQueue& project, Steady::duration held) const;
  void handle_death(WorkerProcess& worker, WorkerProcess::Health health);
  void handle_events();
  void survive(const std::exception& problem) const;
  void handle_deadlines();
  int wait_ms() const;

  // Decisions.
  void dispatch();
  void feed(WorkerProcess& worker);
  void serve_ring();
  bool free_a_place();
  void grow();
  void keep_spares();

  // Workers.
  void start_zygote();
  WorkerProcess* order_worker();
  bool assign(ProjectQueue& project);
  void retire(WorkerProcess& worker);
  void end_worker(WorkerProcess& worker, bool reap_now, int& status);
  void resubmit(std::vector<QueuedCallPtr>& calls);
  void reap();
  void watch(int descriptor, std::uint32_t events, int operation) const;

  // Answers.
  void answer(QueuedCallPtr call, FunctionOutcome outcome);
  void fail(QueuedCallPtr call, Error error);
  void fail_waiting(const Error& error);
  void shut_down();

  ProjectQueue& queue_of(const QueuedCall& call);
  void list(ProjectQueue& project);
  void unlist_empty();
  void publish();

  const FunctionPoolOptions options_;
  const std::size_t places_;
  Intake& intake_;
  const int wake_descriptor_;
  Descriptor epoll_;
  std::atomic<bool> stopping_{false};

  ZygoteProcess zygote_;
  Steady::time_point zygote_started_{};
  Steady::time_point zygote_retry_{};  // no zygote and no worker is tried before
  int failed_starts_ = 0;              // in a row
  bool orders_fail_ = false;           // no worker could be ordered in this round

  std::unordered_map<int, std::unique_ptr<WorkerProcess>> workers_;  // by socket
  std::vector<std::unique_ptr<WorkerProcess>> ended_;  // freed after the round's events
  std::vector<pid_t> dying_;                           // killed, not yet reaped
  std::size_t assigned_ = 0;                           // workers on places of projects

  VersionRegistry versions_;
  std::unordered_map<ProjectId, std::unique_ptr<ProjectQueue>> projects_;
  ProjectQueue checks_{true};
  std::vector<ProjectQueue*> with_calls_;  // projects with calls in their queue
  std::deque<ProjectQueue*> ring_;         // those of them without a worker
  std::vector<QueuedCallPtr> arrived_;
  std::uint64_t last_number_ = 0;
  Steady::time_point now_;

  mutable std::mutex stats_mutex_;
  FunctionPoolStats published_;  // guarded by stats_mutex_
  FunctionPoolStats counts_;
  bool workers_changed_ = true;
};

}  // namespace millrace
