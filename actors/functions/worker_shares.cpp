#include "actors/functions/worker_shares.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <utility>

namespace millrace {

// --- what happens -------------------------------------------------------------------------------

void WorkerShares::has_calls(const ProjectId& project) {
  accounts_[project].has_calls = true;
  settle(project);
}

void WorkerShares::has_no_calls(const ProjectId& project) {
  const auto found = accounts_.find(project);
  if (found == accounts_.end()) return;
  found->second.has_calls = false;
  settle(project);
}

void WorkerShares::assigned(WorkerId worker, const ProjectId& project, Time now) {
  const bool is_new = workers_.try_emplace(worker, Worker{project, now}).second;
  CHECK(is_new, "a worker was assigned twice");
  ++accounts_[project].staying;
  ++placed_;
  settle(project);
}

void WorkerShares::began(WorkerId worker) { workers_.at(worker).idle_since.reset(); }

void WorkerShares::became_idle(WorkerId worker, Time now) { workers_.at(worker).idle_since = now; }

void WorkerShares::suspended(WorkerId worker) {
  Worker& suspended = workers_.at(worker);
  CHECK(!suspended.is_suspended, "a worker was suspended twice");
  count_out(suspended);
  suspended.is_suspended = true;
  ++accounts_.at(suspended.project).suspended;
  settle(suspended.project);
}

void WorkerShares::resumed(WorkerId worker) {
  Worker& resumed = workers_.at(worker);
  CHECK(resumed.is_suspended, "a worker was resumed that has a place");
  resumed.is_suspended = false;
  Account& owner = accounts_.at(resumed.project);
  --owner.suspended;
  ++owner.staying;
  ++placed_;
  settle(resumed.project);
}

void WorkerShares::count_out(Worker& worker) {
  Account& owner = accounts_.at(worker.project);
  if (std::exchange(worker.is_yielding, false)) {
    --owner.yielding;
    --yielding_;
  } else {
    --owner.staying;
  }
  --placed_;
}

void WorkerShares::ended(WorkerId worker) {
  const auto found = workers_.find(worker);
  CHECK(found != workers_.end(), "a worker ended that served nobody");
  const ProjectId project = found->second.project;
  Account& owner = accounts_[project];
  if (found->second.is_suspended) {
    --owner.suspended;
  } else {
    count_out(found->second);
  }
  workers_.erase(found);
  settle(project);
}

void WorkerShares::charge(const ProjectId& project, Duration held) {
  waiting_.charge(project, held);
}

void WorkerShares::settle(const ProjectId& project) {
  const auto found = accounts_.find(project);
  const Account& account = found->second;
  if (account.has_calls && account.staying == 0) {
    waiting_.push(project);
  } else {
    waiting_.remove(project);
  }
  if (account.has_calls || account.staying + account.yielding + account.suspended > 0) return;
  accounts_.erase(found);
}

// --- what to do ---------------------------------------------------------------------------------

std::optional<WorkerShares::Turn> WorkerShares::next_turn(Time now) {
  if (waiting_.empty()) {
    take_back_yields();
    return std::nullopt;
  }
  std::optional<WorkerId> leaving;
  if (placed_ >= limits_.places) {
    leaving = free_a_place(now);
    if (!leaving) return std::nullopt;
  }
  // Who used more than its turn last time (a call cannot be cut short) comes later.
  return Turn{waiting_.next(), leaving};
}

/// Whoever they were to make room for is gone or served.
void WorkerShares::take_back_yields() {
  if (yielding_ == 0) return;
  for (auto& [id, worker] : workers_) {
    if (!worker.is_yielding) continue;
    worker.is_yielding = false;
    Account& owner = accounts_.at(worker.project);
    --owner.yielding;
    ++owner.staying;
  }
  yielding_ = 0;
}

/// The worker that can end now. If there is none, as many as there are projects waiting are told to
/// yield, and their places come free later.
std::optional<WorkerShares::WorkerId> WorkerShares::free_a_place(Time now) {
  if (const auto idle = idle_worker(now)) return idle;
  const auto owners = static_cast<std::size_t>(std::count_if(
      accounts_.begin(), accounts_.end(),
      [](const auto& each) { return each.second.staying + each.second.yielding > 0; }));
  const auto share = std::max<std::size_t>(1, limits_.places / (owners + waiting_.size()));
  // Not as many as wait after some of these owners have joined those who wait.
  const std::size_t wanted = waiting_.size();
  for (auto& [id, worker] : workers_) {
    if (yielding_ >= wanted) break;
    if (worker.is_yielding || worker.is_suspended) continue;
    const Account& owner = accounts_.at(worker.project);
    const bool has_credit = waiting_.credit(worker.project) > Duration::zero();
    if (owner.staying <= share && has_credit) continue;
    yield(worker);
    if (worker.idle_since) return id;
  }
  return std::nullopt;
}

/// That has nothing to do and will get nothing: the one for which that is true for longest.
std::optional<WorkerShares::WorkerId> WorkerShares::idle_worker(Time now) const {
  std::optional<WorkerId> longest;
  Time since = now;
  for (const auto& [id, worker] : workers_) {
    if (!worker.idle_since) continue;
    if (!worker.is_yielding && accounts_.at(worker.project).has_calls) continue;
    if (longest && *worker.idle_since >= since) continue;
    longest = id;
    since = *worker.idle_since;
  }
  return longest;
}

void WorkerShares::yield(Worker& worker) {
  worker.is_yielding = true;
  // Counted out at once, so that a project does not lose more workers than it has too many.
  Account& owner = accounts_.at(worker.project);
  --owner.staying;
  ++owner.yielding;
  ++yielding_;
  settle(worker.project);
}

std::vector<ProjectId> WorkerShares::crowded() const {
  std::vector<ProjectId> crowded;
  for (const auto& [id, worker] : workers_) {
    const Account& owner = accounts_.at(worker.project);
    if (!owner.has_calls || owner.staying == 0) continue;
    if (std::find(crowded.begin(), crowded.end(), worker.project) == crowded.end()) {
      crowded.push_back(worker.project);
    }
  }
  return crowded;
}

std::optional<WorkerShares::Turn> WorkerShares::one_more(const ProjectId& project, Time now) const {
  if (placed_ < limits_.places) return Turn{project, std::nullopt};
  if (!waiting_.empty()) return std::nullopt;
  const auto unused = idle_worker(now);
  if (!unused) return std::nullopt;
  const Worker& worker = workers_.at(*unused);
  if (worker.project == project || now - *worker.idle_since < limits_.idle_keep)
    return std::nullopt;
  return Turn{project, unused};
}

bool WorkerShares::is_yielding(WorkerId worker) const {
  const auto found = workers_.find(worker);
  return found != workers_.end() && found->second.is_yielding;
}

}  // namespace millrace
