#pragma once
// Which project gets a worker next, and which worker ends to make room: deficit round robin over
// projects. Pure: it keeps accounts and is told what happens; the dispatcher drives processes.
//
// Projects that have calls and no worker stand in a rotation. The first takes a free place, else the
// place of an idle worker, else that of a project that has more than its share or has used up its
// credit. That worker *yields*: it is given nothing more, and ends when it is idle. If its call goes on
// for longer than a quantum, the dispatcher interrupts it: the worker stands still and has no place, and
// its project, which has a call that could go on, stands in the rotation for one again.
//
// Each turn gives credit for a quantum of what workers compute. That counts only while somebody waits, and
// after use: how long a call takes is known afterwards. Debts end somewhere, so that a project that
// had one long call is not made to wait for it long afterwards.
//
// A place is never handed on together with its worker. I/O thread only.

#include "runtime/base/deficit_round_robin.h"
#include "runtime/base/ids.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace millrace {

class WorkerShares {
 public:
  using WorkerId = int;  // of a worker while it lives: its socket
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  struct Limits {
    std::size_t places = 2;  // workers that serve projects at the same time
    Duration quantum{};      // worker time that a turn gives
    Duration idle_keep{};    // a worker that is idle for less stays with its project
  };
  /// A place for `project` now, once `leaving` has ended, if that is given.
  struct Turn {
    ProjectId project;
    std::optional<WorkerId> leaving;
  };

  explicit WorkerShares(Limits limits)
      : limits_(limits), waiting_({limits.quantum, debt_quanta_max * limits.quantum}) {}

  // What happens. A worker is idle when it is assigned. Calls are those that wait for a worker, and
  // those that stand still and could go on.
  void has_calls(const ProjectId& project);
  void has_no_calls(const ProjectId& project);
  void assigned(WorkerId worker, const ProjectId& project, Time now);
  void began(WorkerId worker);
  void became_idle(WorkerId worker, Time now);
  /// Its call stands still: the worker has no place any more.
  void suspended(WorkerId worker);
  /// It has one again.
  void resumed(WorkerId worker);
  void ended(WorkerId worker);
  /// So much of its workers was used.
  void charge(const ProjectId& project, Duration held);

  // What to do.
  /// The next project without a worker that gets one. Asked until it gives nothing; a turn that is
  /// not taken (no process could be had) is given again.
  std::optional<Turn> next_turn(Time now);
  /// Projects with calls beyond what their workers take.
  std::vector<ProjectId> crowded() const;
  /// One more worker for a crowded project, if that costs no other project anything.
  std::optional<Turn> one_more(const ProjectId& project, Time now) const;
  bool is_yielding(WorkerId worker) const;

  std::size_t assigned_workers() const { return workers_.size(); }
  bool has_yielding() const { return yielding_ > 0; }
  std::size_t waiting_projects() const { return waiting_.size(); }

 private:
  struct Account {
    bool has_calls = false;
    std::size_t staying = 0;   // workers that do not yield
    std::size_t yielding = 0;  // and that do
    std::size_t suspended = 0;
  };
  struct Worker {
    ProjectId project;
    std::optional<Time> idle_since;
    bool is_yielding = false;
    bool is_suspended = false;
  };
  using Accounts = std::unordered_map<ProjectId, Account>;

  /// In the rotation exactly while it has calls and no worker that stays; an account that says
  /// nothing is closed.
  void settle(const ProjectId& project);
  std::optional<WorkerId> free_a_place(Time now);
  std::optional<WorkerId> idle_worker(Time now) const;
  void yield(Worker& worker);
  /// It is counted neither as staying nor as yielding any more.
  void count_out(Worker& worker);
  void take_back_yields();

  static constexpr int debt_quanta_max = 20;

  const Limits limits_;
  Accounts accounts_;  // of projects with calls or workers
  std::map<WorkerId, Worker> workers_;
  DeficitRoundRobin<ProjectId, Duration> waiting_;
  std::size_t yielding_ = 0;
  std::size_t placed_ = 0;  // workers that are not suspended
};

}  // namespace millrace
