#pragma once
// The pool's processes: the zygote, the workers that live, those that rest, and those that are dying. It starts and
// ends them and keeps spares; which project a worker serves and what it runs is the dispatcher's.
//
// I/O thread only: workers die with the thread that started the zygote.

#include "actors/functions/epoll_set.h"
#include "actors/functions/function_pool.h"
#include "actors/functions/resting_workers.h"
#include "actors/functions/worker_process.h"
#include "actors/functions/zygote_process.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

namespace millrace {

class WorkerFleet {
 public:
  /// By socket.
  using Workers = std::unordered_map<int, std::unique_ptr<WorkerProcess>>;
  enum class Reap : std::uint8_t { now, later };

  WorkerFleet(const FunctionPoolOptions& options, EpollSet& epoll);

  // The zygote.
  /// Starts it if it does not run and may be tried again. The error is the reason why it does not.
  Outcome keep_zygote(Steady::time_point now);
  bool is_zygote(int descriptor) const { return descriptor == zygote_.control(); }
  /// It ended by itself; its workers live on.
  void bury_zygote(Steady::time_point now);
  pid_t zygote_pid() const { return zygote_.pid(); }

  // Workers.
  /// But for those that rest.
  const Workers& workers() const { return workers_; }
  /// Also one that rests. Null if it has ended.
  WorkerProcess* find(int socket) const;
  /// The best that serves nobody, else a new one that is still starting; null if none can be had.
  WorkerProcess* spare_or_new(Steady::time_point now);
  /// Orders spares up to the number that is to be kept.
  void keep_spares(Steady::time_point now);
  /// An idle one that has left its place: it rests for its project, or ends. Others may end for it.
  void rest(WorkerProcess& worker, const ProjectId& project);
  /// The one that rests for the project, which rests no longer; null if none does.
  WorkerProcess* wake_up(const ProjectId& project);
  std::size_t resting() const { return resting_.size(); }
  /// Kills it. It can be used by callers up the stack until `free_ended`. The status as waitpid(2)
  /// gives it, if reaped now; else 0.
  int end(WorkerProcess& worker, Reap when);
  /// A worker is ready: workers can start here.
  void note_start() { failed_starts_ = 0; }
  /// A worker died before it was ready. True: so many did in a row that they have a common reason.
  bool note_failed_start(Steady::time_point now);
  /// The process ids may have changed.
  void note_change() { pids_changed_ = true; }

  // Each round.
  /// Forgets that no worker could be had.
  void begin_round() { orders_fail_ = false; }
  /// Writes what workers were given.
  void flush();
  /// Reaps those that are dead by now and frees those that ended.
  void sweep();
  void end_resting();
  /// Waits for all that are dying.
  void reap_all();
  bool has_dying() const { return !dying_.empty(); }
  /// When a worker is late or the zygote may be tried again.
  Steady::time_point next_due(Steady::time_point now) const;

  std::uint64_t forks() const { return forks_; }
  /// True once after a change: `pids` is what they are now.
  bool take_pids(std::vector<pid_t>& pids);

 private:
  WorkerProcess* order(Steady::time_point now);
  /// What ends with it: its memory without the zygote's, most of which it still shares.
  std::size_t own_bytes(const WorkerProcess& worker) const;

  const FunctionPoolOptions& options_;
  EpollSet& epoll_;

  ZygoteProcess zygote_;
  Steady::time_point zygote_started_{};
  Steady::time_point zygote_retry_{};  // no zygote and no worker is tried before
  int failed_starts_ = 0;              // in a row
  bool orders_fail_ = false;           // no worker could be ordered in this round

  Workers workers_;
  Workers at_rest_;
  RestingWorkers resting_;                             // which of these for whom
  std::vector<std::unique_ptr<WorkerProcess>> ended_;  // freed after the round's events
  std::vector<pid_t> dying_;                           // killed, not yet reaped
  std::uint64_t forks_ = 0;
  bool pids_changed_ = true;
};

}  // namespace millrace
