#include "actors/functions/worker_fleet.h"

#include "actors/functions/process_memory.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace millrace {
namespace {

// One worker may die at its start for any reason; so many in a row have a common one.
constexpr int failed_starts_max = 5;
constexpr auto zygote_retry_delay = std::chrono::milliseconds(200);

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

WorkerFleet::WorkerFleet(const FunctionPoolOptions& options, EpollSet& epoll)
    : options_(options),
      epoll_(epoll),
      zygote_(options.worker_binary, options.error_descriptor),
      resting_({options.resting_workers_max, options.resting_bytes_max}) {}

// --- the zygote ---------------------------------------------------------------------------------

Outcome WorkerFleet::keep_zygote(Steady::time_point now) {
  if (zygote_.is_running() || now < zygote_retry_) return Done{};
  zygote_started_ = now;
  Outcome started = zygote_.start();
  if (started.ok()) {
    epoll_.add(zygote_.control());
  } else {
    zygote_retry_ = now + zygote_retry_delay;
  }
  return started;
}

void WorkerFleet::bury_zygote(Steady::time_point now) {
  zygote_.bury();
  // It cannot even start; do not spin.
  if (now - zygote_started_ < zygote_retry_delay) zygote_retry_ = now + zygote_retry_delay;
}

bool WorkerFleet::note_failed_start(Steady::time_point now) {
  if (++failed_starts_ < failed_starts_max) return false;
  zygote_retry_ = now + zygote_retry_delay;
  return true;
}

// --- workers ------------------------------------------------------------------------------------

WorkerProcess* WorkerFleet::find(int socket) const {
  for (const Workers* const workers : {&workers_, &at_rest_}) {
    const auto found = workers->find(socket);
    if (found != workers->end()) return found->second.get();
  }
  return nullptr;
}

WorkerProcess* WorkerFleet::order(Steady::time_point now) {
  if (orders_fail_ || !zygote_.is_running() || now < zygote_retry_) return nullptr;
  WorkerSettings settings;
  settings.memory_bytes_max = options_.memory_bytes_max;
  settings.contexts_max = static_cast<std::uint32_t>(options_.contexts_max);
  auto ordered = zygote_.order_worker(settings);
  if (!ordered.ok()) {
    orders_fail_ = true;
    return nullptr;
  }
  ++forks_;
  pids_changed_ = true;
  auto worker = std::make_unique<WorkerProcess>(std::move(*ordered), now);
  const int socket = worker->socket();
  epoll_.add(socket);
  return workers_.emplace(socket, std::move(worker)).first->second.get();
}

WorkerProcess* WorkerFleet::spare_or_new(Steady::time_point now) {
  WorkerProcess* chosen = nullptr;
  for (const auto& [socket, worker] : workers_) {
    if (worker->project != nullptr) continue;
    if (chosen == nullptr || worker->is_ready()) chosen = worker.get();
  }
  return chosen != nullptr ? chosen : order(now);
}

void WorkerFleet::keep_spares(Steady::time_point now) {
  auto spares = static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(),
                    [](const auto& each) { return each.second->project == nullptr; }));
  while (spares < options_.spare_workers && order(now) != nullptr) ++spares;
}

void WorkerFleet::rest(WorkerProcess& worker, const ProjectId& project) {
  if (!worker.is_ready() || worker.is_spoilt()) {
    end(worker, Reap::later);
    return;
  }
  worker.rest();
  at_rest_.insert(workers_.extract(worker.socket()));
  for (const int ending : resting_.add(project, worker.socket(), own_bytes(worker))) {
    end(*at_rest_.at(ending), Reap::later);
  }
}

std::size_t WorkerFleet::own_bytes(const WorkerProcess& worker) const {
  // The kernel tells only the process itself which pages it shares, and a worker may not ask.
  const std::size_t all = anonymous_bytes(worker.pid());
  return all - std::min(all, anonymous_bytes(zygote_.pid()));
}

WorkerProcess* WorkerFleet::wake_up(const ProjectId& project) {
  const auto socket = resting_.take(project);
  if (!socket) return nullptr;
  WorkerProcess& worker = *workers_.insert(at_rest_.extract(*socket)).position->second;
  worker.wake_up();
  return &worker;
}

void WorkerFleet::end_resting() {
  while (!at_rest_.empty()) end(*at_rest_.begin()->second, Reap::later);
}

int WorkerFleet::end(WorkerProcess& worker, Reap when) {
  int status = 0;
  if (worker.pid() > 0) {
    ::kill(worker.pid(), SIGKILL);
    if (when == Reap::now) {
      status = wait_for(worker.pid());
    } else {
      dying_.push_back(worker.pid());
    }
  }
  pids_changed_ = true;
  epoll_.remove(worker.socket());
  resting_.ended(worker.socket());
  auto node = workers_.extract(worker.socket());
  if (node.empty()) node = at_rest_.extract(worker.socket());
  CHECK(!node.empty(), "a worker was ended twice");
  ended_.push_back(std::move(node.mapped()));
  return status;
}

// --- each round ---------------------------------------------------------------------------------

void WorkerFleet::flush() {
  for (const auto& [socket, worker] : workers_) {
    if (!worker->wants_to_write()) continue;
    const bool was_full = worker->is_full;
    worker->flush();
    worker->is_full = worker->wants_to_write();
    if (worker->is_full == was_full) continue;
    epoll_.watch(socket, worker->is_full ? EpollSet::Until::readable_or_writable
                                         : EpollSet::Until::readable);
  }
}

void WorkerFleet::sweep() {
  std::erase_if(dying_, [](pid_t pid) {
    const pid_t reaped = ::waitpid(pid, nullptr, WNOHANG);
    return reaped == pid || (reaped < 0 && errno == ECHILD);
  });
  ended_.clear();
}

void WorkerFleet::reap_all() {
  for (const pid_t pid : dying_) wait_for(pid);
  dying_.clear();
  ended_.clear();
}

Steady::time_point WorkerFleet::next_due(Steady::time_point now) const {
  auto next = Steady::time_point::max();
  for (const auto& [socket, worker] : workers_) next = std::min(next, worker->due());
  return zygote_retry_ > now ? std::min(next, zygote_retry_) : next;
}

bool WorkerFleet::take_pids(std::vector<pid_t>& pids) {
  if (!pids_changed_) return false;
  pids_changed_ = false;
  pids.clear();
  for (const Workers* const workers : {&workers_, &at_rest_}) {
    for (const auto& [socket, worker] : *workers) {
      if (worker->pid() > 0) pids.push_back(worker->pid());
    }
  }
  return true;
}

}  // namespace millrace
