#include "actors/functions/dispatcher.h"

#include "actors/functions/worker_death.h"

#include <algorithm>
#include <poll.h>
#include <thread>

namespace millrace {
namespace {

// A call that keeps losing its worker to others is given up, lest it go round for ever.
constexpr int attempts_max = 4;
// After a bug of ours, lest the thread spins when each turn meets it.
constexpr int bug_pause_ms = 20;
constexpr int reap_interval_ms = 5;
constexpr int grow_interval_ms = 50;
constexpr std::size_t versions_remembered = 16'384;

WorkerShares::Limits shares_of(const FunctionPoolOptions& options) {
  const std::size_t cores = std::max<std::size_t>(2, std::thread::hardware_concurrency());
  return {options.workers_max > 0 ? options.workers_max : cores, options.quantum,
          options.idle_keep};
}

}  // namespace

Dispatcher::Dispatcher(const FunctionPoolOptions& options, Intake& intake, int wake_descriptor)
    : options_(options),
      intake_(intake),
      wake_descriptor_(wake_descriptor),
      fleet_(options_, epoll_),
      shares_(shares_of(options)),
      versions_(versions_remembered),
      now_(Steady::now()) {
  epoll_.add(wake_descriptor_);
}

void Dispatcher::run() {
  // The first call shall find a worker.
  if (fleet_.keep_zygote(now_).ok()) fleet_.keep_spares(now_);
  publish();
  while (!stopping_.load()) {
    try {
      handle_events();
      take_calls();
      handle_deadlines();
      dispatch();
      fleet_.sweep();
      forget_unused();
      publish();
    } catch (const std::exception& problem) {
      survive(problem);
      pollfd call{wake_descriptor_, POLLIN, 0};
      ::poll(&call, 1, bug_pause_ms);
    }
  }
  shut_down();
}

/// A bug of ours, or no memory. It costs what was being done; all other calls go on.
void Dispatcher::survive(const std::exception& problem) const {
  if (!options_.log) return;
  options_.log(LogLevel::error,
               std::string("the function pool met a bug and goes on: ") + problem.what());
}

FunctionPoolStats Dispatcher::stats() const {
  const std::lock_guard lock(stats_mutex_);
  return published_;
}

// --- events -------------------------------------------------------------------------------------

void Dispatcher::handle_events() {
  const auto events = epoll_.wait(intake_.may_sleep() ? wait_ms() : 0);
  now_ = Steady::now();
  for (const epoll_event& event : events) {
    const int descriptor = event.data.fd;
    if (WorkerProcess* const worker = fleet_.find(descriptor)) {
      handle_worker(*worker);
    } else if (descriptor == wake_descriptor_) {
      intake_.take_wake();
    } else if (fleet_.is_zygote(descriptor)) {
      fleet_.bury_zygote(now_);
    }
  }
}

void Dispatcher::take_calls() {
  intake_.take(arrived_);
  for (auto& call : arrived_) {
    if (call->refused) {
      ++counts_.refused;
      fail(std::move(call), Error(ErrorCode::overloaded, "too many function calls are waiting"));
      continue;
    }
    call->version = versions_.find_or_add(call->source);
    ProjectQueue& project = queue_of(*call);
    project.push(std::move(call));
    enqueued(project);
  }
}

void Dispatcher::handle_worker(WorkerProcess& worker) {
  const bool was_ready = worker.is_ready();
  auto health = WorkerProcess::Health::insane;
  try {
    health = worker.receive(
        now_, [&](WorkerProcess::Reply reply) { handle_reply(worker, std::move(reply)); });
  } catch (const std::exception& problem) {
    survive(problem);  // and the worker ends: nobody knows where its stream is
  }
  if (!was_ready) fleet_.note_change();
  if (!was_ready && worker.is_ready()) fleet_.note_start();
  if (fleet_.find(worker.socket()) == nullptr) return;  // retired by its own reply
  if (health != WorkerProcess::Health::alive) handle_death(worker, health);
}

void Dispatcher::handle_reply(WorkerProcess& worker, WorkerProcess::Reply reply) {
  --counts_.running;
  reply.call->version->record(reply.duration_us);
  if (worker.project != &checks_) {
    shares_.charge(worker.project->project(), reply.held);
    if (worker.is_idle()) shares_.became_idle(worker.socket(), now_);
  }
  bool is_spoilt = false;
  if (!reply.outcome.result.ok()) {
    const ErrorCode code = reply.outcome.result.error().code;
    if (code == ErrorCode::function_timeout) ++counts_.timeouts;
    if (code == ErrorCode::function_memory) ++counts_.memory_events;
    is_spoilt = code == ErrorCode::function_timeout || code == ErrorCode::function_memory;
  }
  answer(std::move(reply.call), std::move(reply.outcome));
  if (is_spoilt) retire(worker);
}

void Dispatcher::handle_death(WorkerProcess& worker, WorkerProcess::Health health) {
  ++counts_.deaths;
  QueuedCallPtr guilty;
  std::vector<QueuedCallPtr> innocent;
  worker.take_calls(guilty, innocent);
  const bool was_ready = worker.is_ready();
  const int status = end_worker(worker, WorkerFleet::Reap::now);
  if (guilty != nullptr) {
    --counts_.running;
    Error error = health == WorkerProcess::Health::insane
                      ? Error(ErrorCode::function_worker_died, "the worker broke the protocol")
                      : describe_worker_death(status);
    if (error.code == ErrorCode::function_memory) ++counts_.memory_events;
    fail(std::move(guilty), std::move(error));
  }
  resubmit(innocent);
  if (!was_ready && fleet_.note_failed_start(now_)) {
    // Workers cannot start here at all: waiting calls are better told than left.
    fail_waiting(Error(ErrorCode::function_worker_died, "a function worker could not be started"));
  }
}

void Dispatcher::handle_deadlines() {
  std::vector<WorkerProcess*> late;
  for (const auto& [socket, worker] : fleet_.workers()) {
    if (worker->deadline() <= now_) late.push_back(worker.get());
  }
  for (WorkerProcess* const worker : late) {
    // What it has sent meanwhile counts: it may be this thread that is late.
    handle_worker(*worker);
    if (fleet_.find(worker->socket()) == nullptr || worker->deadline() > now_) continue;
    if (worker->is_ready()) {
      handle_lateness(*worker);
    } else {
      handle_death(*worker, WorkerProcess::Health::closed);
    }
  }
}

void Dispatcher::handle_lateness(WorkerProcess& worker) {
  QueuedCallPtr guilty;
  std::vector<QueuedCallPtr> innocent;
  worker.take_calls(guilty, innocent);
  if (guilty == nullptr && !innocent.empty()) {
    guilty = std::move(innocent.front());
    innocent.erase(innocent.begin());
  }
  end_worker(worker, WorkerFleet::Reap::later);
  ++counts_.timeouts;
  --counts_.running;
  const auto limit = guilty->source->limits.time.count();
  fail(std::move(guilty), Error(ErrorCode::function_timeout,
                                "the function ran longer than " + std::to_string(limit) + " ms"));
  resubmit(innocent);
}

int Dispatcher::wait_ms() const {
  const auto next = fleet_.next_due(now_);
  int wait = -1;
  if (next != Steady::time_point::max()) {
    const auto ms = std::chrono::duration_cast<Millis>(next - Steady::now()).count() + 1;
    wait = static_cast<int>(std::clamp<Millis::rep>(ms, 0, 60'000));
  }
  const auto at_most = [&](int ms) { wait = wait < 0 ? ms : std::min(wait, ms); };
  if (fleet_.has_dying()) at_most(reap_interval_ms);
  if (counts_.queued > 0) at_most(grow_interval_ms);
  return wait;
}

// --- who works for whom -------------------------------------------------------------------------

void Dispatcher::dispatch() {
  fleet_.begin_round();
  const Outcome zygote = fleet_.keep_zygote(now_);
  if (!zygote.ok()) fail_waiting(zygote.error());
  for (const auto& [socket, worker] : fleet_.workers()) feed(*worker);
  share_out();
  fleet_.keep_spares(now_);
  fleet_.flush();
}

void Dispatcher::feed(WorkerProcess& worker) {
  if (worker.project == nullptr || worker.project->empty()) return;
  if (shares_.is_yielding(worker.socket())) return;
  const bool was_idle = worker.is_idle();
  auto want = ProjectQueue::Want::any;
  while (worker.can_take(want)) {
    QueuedCallPtr call = worker.project->take(want);
    if (call == nullptr) break;
    --counts_.queued;
    ++counts_.running;
    if (options_.timings != nullptr && call->attempts == 0) {
      options_.timings->wait.record(options_.timings->clock.moment() - call->submitted);
    }
    worker.give(std::move(call), ++last_number_, now_);
  }
  if (worker.project == &checks_) return;
  if (was_idle && !worker.is_idle()) shares_.began(worker.socket());
  dequeued(*worker.project);
}

void Dispatcher::share_out() {
  if (!checks_.empty() && checks_.workers == 0) assign(checks_);
  while (const auto turn = shares_.next_turn(now_)) {
    if (!carry_out(*turn)) break;
  }
  for (const ProjectId& project : shares_.crowded()) {
    const auto turn = shares_.one_more(project, now_);
    if (turn && !carry_out(*turn)) break;
  }
}

/// False: no process can be had now.
bool Dispatcher::carry_out(const WorkerShares::Turn& turn) {
  if (turn.leaving) {
    WorkerProcess* const leaving = fleet_.find(*turn.leaving);
    CHECK(leaving != nullptr, "a worker that has ended was to make room");
    ++counts_.handovers;
    retire(*leaving);
  }
  return assign(*projects_.at(turn.project));
}

bool Dispatcher::assign(ProjectQueue& project) {
  WorkerProcess* const worker = fleet_.spare_or_new(now_);
  if (worker == nullptr) return false;
  worker->project = &project;
  ++project.workers;
  if (&project != &checks_) shares_.assigned(worker->socket(), project.project(), now_);
  feed(*worker);
  return true;
}

/// Ends a worker that did nothing wrong itself; the calls it had not begun go elsewhere.
void Dispatcher::retire(WorkerProcess& worker) {
  QueuedCallPtr begun;
  std::vector<QueuedCallPtr> calls;
  worker.take_calls(begun, calls);
  if (begun != nullptr) calls.insert(calls.begin(), std::move(begun));
  end_worker(worker, WorkerFleet::Reap::later);
  resubmit(calls);
}

int Dispatcher::end_worker(WorkerProcess& worker, WorkerFleet::Reap when) {
  if (ProjectQueue* const project = std::exchange(worker.project, nullptr)) {
    --project->workers;
    if (project != &checks_) {
      shares_.ended(worker.socket());
      maybe_unused_.push_back(project->project());
    }
  }
  return fleet_.end(worker, when);
}

// --- calls --------------------------------------------------------------------------------------

ProjectQueue& Dispatcher::queue_of(const QueuedCall& call) {
  if (call.kind == CallKind::check) return checks_;
  auto& project = projects_[call.source->project];
  if (project == nullptr) project = std::make_unique<ProjectQueue>(call.source->project);
  return *project;
}

void Dispatcher::enqueued(ProjectQueue& project) {
  ++counts_.queued;
  if (project.size() == 1 && &project != &checks_) shares_.has_calls(project.project());
}

void Dispatcher::dequeued(ProjectQueue& project) {
  if (project.empty()) shares_.has_no_calls(project.project());
}

void Dispatcher::resubmit(std::vector<QueuedCallPtr>& calls) {
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    --counts_.running;
    if ((*call)->attempts >= attempts_max) {
      fail(std::move(*call), Error(ErrorCode::function_worker_died,
                                   "the worker was lost each time before the call was finished"));
      continue;
    }
    ++counts_.resubmitted;
    ProjectQueue& project = queue_of(**call);
    project.push_front(std::move(*call));
    enqueued(project);
  }
  calls.clear();
}

void Dispatcher::answer(QueuedCallPtr call, FunctionOutcome outcome) {
  ++counts_.calls;
  intake_.release(*call);
  call->done(std::move(outcome));
}

void Dispatcher::fail(QueuedCallPtr call, Error error) {
  answer(std::move(call), FunctionOutcome{std::move(error), {}, Millis(0)});
}

/// Every call that no worker has: used when workers cannot be started.
void Dispatcher::fail_waiting(const Error& error) {
  fail_all_of(checks_, error);
  for (const auto& [id, project] : projects_) {
    if (project->empty()) continue;
    fail_all_of(*project, error);
    dequeued(*project);
    maybe_unused_.push_back(id);
  }
}

void Dispatcher::fail_all_of(ProjectQueue& project, const Error& error) {
  while (QueuedCallPtr call = project.take(ProjectQueue::Want::any)) {
    --counts_.queued;
    fail(std::move(call), error);
  }
}

/// Projects that have nothing to run leave memory; at the end of a round, when nobody refers to them.
void Dispatcher::forget_unused() {
  for (const ProjectId& id : maybe_unused_) {
    const auto project = projects_.find(id);
    if (project == projects_.end()) continue;
    if (project->second->empty() && project->second->workers == 0) projects_.erase(project);
  }
  maybe_unused_.clear();
}

void Dispatcher::shut_down() {
  const Error stopping(ErrorCode::overloaded, "the server is stopping");
  intake_.take(arrived_);
  for (auto& call : arrived_) fail(std::move(call), stopping);
  fail_waiting(stopping);
  while (!fleet_.workers().empty()) {
    WorkerProcess& worker = *fleet_.workers().begin()->second;
    QueuedCallPtr begun;
    std::vector<QueuedCallPtr> calls;
    worker.take_calls(begun, calls);
    end_worker(worker, WorkerFleet::Reap::now);
    if (begun != nullptr) calls.push_back(std::move(begun));
    for (auto& call : calls) {
      --counts_.running;
      fail(std::move(call), stopping);
    }
  }
  fleet_.reap_all();
  publish();
}

void Dispatcher::publish() {
  fleet_.take_pids(counts_.workers);
  counts_.zygote = fleet_.zygote_pid();
  counts_.forks = fleet_.forks();
  const std::lock_guard lock(stats_mutex_);
  published_ = counts_;
}

}  // namespace millrace
