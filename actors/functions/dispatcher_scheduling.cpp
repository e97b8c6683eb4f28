// The dispatcher's decisions: which worker gets which call, and which project gets which worker.

#include "actors/functions/dispatcher.h"

#include <algorithm>
#include <sys/epoll.h>

namespace millrace {
namespace {

constexpr std::int64_t debt_quanta_max = 20;

std::int64_t in_us(Steady::duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

void Dispatcher::dispatch() {
  orders_fail_ = false;
  if (!zygote_.is_running() && now_ >= zygote_retry_) start_zygote();
  for (const auto& [socket, worker] : workers_) feed(*worker);
  unlist_empty();
  for (ProjectQueue* const project : with_calls_) {
    if (project->workers > 0 || project->is_waiting) continue;
    if (project->is_reserved()) {
      assign(*project);
    } else {
      project->is_waiting = true;
      ring_.push_back(project);
    }
  }
  serve_ring();
  grow();
  unlist_empty();
  keep_spares();
  for (const auto& [socket, worker] : workers_) {
    const bool wanted = worker->wants_to_write();
    if (wanted) worker->flush();
    // EPOLLOUT only while the socket is full.
    if (wanted && worker->wants_to_write()) watch(socket, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    if (wanted && !worker->wants_to_write()) watch(socket, EPOLLIN, EPOLL_CTL_MOD);
  }
}

void Dispatcher::feed(WorkerProcess& worker) {
  if (worker.project == nullptr) return;
  auto want = ProjectQueue::Want::any;
  while (worker.can_take(want)) {
    QueuedCallPtr call = worker.project->take(want);
    if (call == nullptr) return;
    --counts_.queued;
    ++counts_.running;
    if (options_.timings != nullptr && call->attempts == 0) {
      options_.timings->wait.record(options_.timings->clock.moment() - call->submitted);
    }
    worker.give(std::move(call), ++last_number_, now_);
  }
}

void Dispatcher::serve_ring() {
  if (ring_.empty()) {
    // Whoever they were to make room for is gone or served: back to their projects.
    for (const auto& [socket, worker] : workers_) {
      if (worker->is_yielding) ++worker->project->workers;
      worker->is_yielding = false;
    }
  }
  while (!ring_.empty()) {
    ProjectQueue& project = *ring_.front();
    if (project.empty() || project.workers > 0) {
      project.is_waiting = false;
      ring_.pop_front();
      continue;
    }
    if (assigned_ >= places_ && !free_a_place()) return;
    const auto quantum = in_us(options_.quantum);
    project.credit_us = std::min(project.credit_us + quantum, quantum);
    if (project.credit_us <= 0 && ring_.size() > 1) {
      // It used more than its turn last time (a call cannot be cut short); the next one is first.
      ring_.push_back(&project);
      ring_.pop_front();
      continue;
    }
    if (!assign(project)) return;
    project.is_waiting = false;
    ring_.pop_front();
  }
}

/// Frees a place at once if there is an idle worker; else marks busy ones, whose places come free
/// later. True: there is a place now.
bool Dispatcher::free_a_place() {
  WorkerProcess* idle = nullptr;
  std::size_t yielding = 0;
  std::vector<const ProjectQueue*> owners;
  for (const auto& [socket, worker] : workers_) {
    if (worker->project == nullptr || worker->project->is_reserved()) continue;
    owners.push_back(worker->project);
    if (worker->is_yielding) ++yielding;
    const bool is_idle = worker->is_idle() && (worker->is_yielding || worker->project->empty());
    if (is_idle && (idle == nullptr || worker->since_change(now_) > idle->since_change(now_))) {
      idle = worker.get();
    }
  }
  if (idle != nullptr) {
    ++counts_.handovers;
    retire(*idle);
    return true;
  }
  std::sort(owners.begin(), owners.end());
  const auto distinct =
      static_cast<std::size_t>(std::unique(owners.begin(), owners.end()) - owners.begin());
  const auto share =
      static_cast<int>(std::max<std::size_t>(1, places_ / (distinct + ring_.size())));
  for (const auto& [socket, worker] : workers_) {
    if (yielding >= ring_.size()) break;
    ProjectQueue* const owner = worker->project;
    if (owner == nullptr || owner->is_reserved() || worker->is_yielding) continue;
    if (owner->workers <= share && owner->credit_us > 0) continue;
    worker->is_yielding = true;
    // Counted out at once, so that a project does not lose more workers than it has too many.
    --owner->workers;
    ++yielding;
    if (worker->is_idle()) {
      ++counts_.handovers;
      retire(*worker);
      return true;
    }
  }
  return false;
}

/// More workers for projects whose calls do not fit into those they have.
void Dispatcher::grow() {
  for (ProjectQueue* const project : with_calls_) {
    if (project->empty() || project->is_waiting || project->workers == 0) continue;
    if (project->is_reserved() || orders_fail_) continue;
    if (assigned_ >= places_) {
      if (!ring_.empty()) return;
      WorkerProcess* unused = nullptr;
      for (const auto& [socket, worker] : workers_) {
        if (worker->project != nullptr && worker->project != project && worker->is_idle() &&
            !worker->project->is_reserved() && worker->project->empty() &&
            worker->since_change(now_) >= options_.idle_keep) {
          unused = worker.get();
        }
      }
      if (unused == nullptr) return;
      ++counts_.handovers;
      retire(*unused);
    }
    assign(*project);
  }
}

void Dispatcher::keep_spares() {
  std::size_t spares = 0;
  for (const auto& [socket, worker] : workers_) spares += worker->project == nullptr ? 1 : 0;
  while (spares < options_.spare_workers && order_worker() != nullptr) ++spares;
}

/// Worker time counts only while another project waits for it, and debts end somewhere: who was
/// alone, or had one long call, is not made to wait for it long afterwards.
void Dispatcher::charge(ProjectQueue& project, Steady::duration held) const {
  if (ring_.empty()) return;
  const auto debt_max = -debt_quanta_max * in_us(options_.quantum);
  project.credit_us = std::max(project.credit_us - in_us(held), debt_max);
}

}  // namespace millrace
