#include "actors/functions/dispatcher.h"

#include "actors/functions/worker_contract.h"
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
// To ask what a worker has used is a system call.
constexpr auto count_interval = std::chrono::milliseconds(1);
constexpr std::size_t versions_remembered = 16'384;

std::size_t places_of(const FunctionPoolOptions& options) {
  if (options.workers_max > 0) return options.workers_max;
  return std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

WorkerShares::Limits shares_of(const FunctionPoolOptions& options) {
  return {places_of(options), options.quantum, options.idle_keep};
}

}  // namespace

Dispatcher::Suspended Dispatcher::suspended_of(const FunctionPoolOptions& options) {
  const std::size_t places = places_of(options);
  const std::size_t workers = options.suspended_workers_max > 0
                                  ? options.suspended_workers_max
                                  : std::max<std::size_t>(16, 4 * places);
  // A project must be able to use all places, and a user to have a call interrupted.
  return {workers, std::max(places, workers / 2), std::max<std::size_t>(1, workers / 4)};
}

Dispatcher::Dispatcher(const FunctionPoolOptions& options, Intake& intake, int wake_descriptor)
    : options_(options),
      suspended_(suspended_of(options)),
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
  intake_.take(arrived_, cancelled_);
  for (auto& call : arrived_) {
    if (call->refused) {
      ++counts_.refused;
      fail(*call, Error(ErrorCode::overloaded, "too many function calls are waiting"));
      continue;
    }
    call->version = versions_.find_or_add(call->source);
    calls_.emplace(call->id, call.get());
    ProjectQueue& project = queue_of(*call);
    project.push(std::move(call));
    ++counts_.queued;
    tell_shares(project);
  }
  for (const FunctionEngine::CallId call : cancelled_) cancel(call);
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
  if (health != WorkerProcess::Health::alive) return handle_death(worker, health);
  handle_wait(worker);
}

void Dispatcher::handle_reply(WorkerProcess& worker, WorkerProcess::Reply reply) {
  left_worker(*reply.call);
  reply.call->version->record(reply.duration_us);
  if (worker.project != &checks_ && worker.is_idle()) {
    shares_.became_idle(worker.socket(), now_);
  }
  // It was on its way when the worker was stopped.
  bool is_spoilt = worker.is_spoilt() || worker.is_suspended();
  if (!reply.outcome.result.ok()) {
    const ErrorCode code = reply.outcome.result.error().code;
    if (code == ErrorCode::function_timeout) ++counts_.timeouts;
    if (code == ErrorCode::function_memory) ++counts_.memory_events;
    is_spoilt =
        is_spoilt || code == ErrorCode::function_timeout || code == ErrorCode::function_memory;
  }
  answer(*reply.call, std::move(reply.outcome));
  if (is_spoilt) retire(worker);
}

/// What waits needs no place. Looked at when all that arrived was read: it may be over by then.
void Dispatcher::handle_wait(WorkerProcess& worker) {
  const auto wait = worker.take_wait();
  if (wait && may_suspend(worker)) suspend(worker, now_ + *wait);
}

void Dispatcher::handle_death(WorkerProcess& worker, WorkerProcess::Health health) {
  ++counts_.deaths;
  QueuedCallPtr guilty;
  std::vector<QueuedCallPtr> innocent;
  worker.take_calls(guilty, innocent);
  const bool was_ready = worker.is_ready();
  const int status = end_worker(worker, WorkerFleet::Reap::now);
  if (guilty != nullptr) {
    left_worker(*guilty);
    Error error = health == WorkerProcess::Health::insane
                      ? Error(ErrorCode::function_worker_died, "the worker broke the protocol")
                      : describe_worker_death(status);
    if (error.code == ErrorCode::function_memory) ++counts_.memory_events;
    fail(*guilty, std::move(error));
  }
  resubmit(innocent);
  if (!was_ready && fleet_.note_failed_start(now_)) {
    // Workers cannot start here at all: waiting calls are better told than left.
    fail_waiting(Error(ErrorCode::function_worker_died, "a function worker could not be started"));
  }
}

void Dispatcher::handle_deadlines() {
  std::vector<WorkerProcess*> due;
  for (const auto& [socket, worker] : fleet_.workers()) {
    if (worker->due() <= now_) due.push_back(worker.get());
  }
  for (WorkerProcess* const worker : due) {
    if (worker->take_wake(now_)) {
      worker->project->can_resume(worker->socket(), worker->head());
      tell_shares(*worker->project);
      continue;
    }
    // What it has sent meanwhile counts: it may be this thread that is late.
    handle_worker(*worker);
    if (fleet_.find(worker->socket()) == nullptr || !worker->is_late(now_)) continue;
    if (worker->is_ready()) {
      handle_lateness(*worker);
    } else {
      handle_death(*worker, WorkerProcess::Health::closed);
    }
  }
}

/// The head is late. The worker may have gone on to the next call by now, which has done nothing wrong.
void Dispatcher::handle_lateness(WorkerProcess& worker) {
  const bool is_starved = worker.is_head_short_of_memory();
  std::vector<QueuedCallPtr> innocent = worker.take_calls();
  const QueuedCallPtr guilty = std::move(innocent.front());
  innocent.erase(innocent.begin());
  end_worker(worker, WorkerFleet::Reap::later);
  left_worker(*guilty);
  if (!guilty->is_answered() && is_starved) {
    fail(*guilty, Error(ErrorCode::function_memory,
                        out_of_memory_text(guilty->source->limits.memory_bytes)));
  } else if (!guilty->is_answered()) {
    ++counts_.timeouts;
    const auto limit = guilty->source->limits.time.count();
    fail(*guilty, Error(ErrorCode::function_timeout,
                        "the function ran longer than " + std::to_string(limit) + " ms"));
  }
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
  if (counts_.queued > 0 || counts_.suspended > 0) at_most(grow_interval_ms);
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
  tell_shares(*worker.project);
}

void Dispatcher::share_out() {
  if (!checks_.empty() && checks_.workers == 0) assign(checks_);
  count_used();
  bool has_processes = true;
  do {
    while (has_processes) {
      const auto turn = shares_.next_turn(now_);
      if (!turn) break;
      has_processes = carry_out(*turn);
    }
  } while (shares_.has_yielding() && suspend_yielding());
  for (const ProjectId& project : shares_.crowded()) {
    const auto turn = shares_.one_more(project, now_);
    if (!turn) {
      make_room_within(*projects_.at(project));
    } else if (!carry_out(*turn)) {
      break;
    }
  }
}

/// What counts is what is used while somebody waits.
void Dispatcher::count_used() {
  if (shares_.waiting_projects() > 0 && now_ - counted_ < count_interval) return;
  counted_ = now_;
  const bool waited = std::exchange(somebody_waits_, shares_.waiting_projects() > 0);
  if (!somebody_waits_) return;
  for (const auto& [socket, worker] : fleet_.workers()) {
    if (worker->project == nullptr || worker->project == &checks_) continue;
    // To start takes a worker long, and is nobody's fault.
    if (worker->is_suspended() || !worker->is_ready()) continue;
    const auto used = worker->take_used(now_);
    if (waited) shares_.charge(worker->project->project(), used);
  }
}

/// Those that are to make room and whose call takes longer than that may. False: none.
bool Dispatcher::suspend_yielding() {
  bool is_one_suspended = false;
  for (const auto& [socket, worker] : fleet_.workers()) {
    if (!shares_.is_yielding(socket) || worker->stretch(now_) < options_.quantum) continue;
    if (!may_suspend(*worker) || !worker->runs_head()) continue;
    suspend(*worker, now_);
    is_one_suspended = true;
  }
  return is_one_suspended;
}

/// Ends an idle worker for a call that could go on: there is nothing else for it to do.
bool Dispatcher::swap_idle(ProjectQueue& project) {
  if (!project.has_resumptions()) return false;
  for (const auto& [socket, worker] : fleet_.workers()) {
    if (worker->project != &project || !worker->is_idle()) continue;
    if (shares_.is_yielding(socket)) continue;
    retire(*worker);
    go_on(*fleet_.find(project.take_resumption()));
    return true;
  }
  return false;
}

/// A project that gets no more places: a user who has none of them gets one of those who have most.
void Dispatcher::make_room_within(ProjectQueue& project) {
  while (swap_idle(project)) {
  }
  const bool can_use_it =
      project.resumes_next() || project.workers < suspended_.project_workers_max;
  if (!project.has_hungry_user() || !can_use_it) return;
  WorkerProcess* chosen = nullptr;
  std::size_t most = 0;
  for (const auto& [socket, worker] : fleet_.workers()) {
    if (worker->project != &project || !may_suspend(*worker)) continue;
    if (worker->stretch(now_) < options_.quantum || !worker->runs_head()) continue;
    const std::size_t running = project.running_beside(worker->head());
    if (running <= most) continue;
    most = running;
    chosen = worker.get();
  }
  if (chosen == nullptr) return;
  suspend(*chosen, now_);
  assign(project);
}

/// False: no process can be had now.
bool Dispatcher::carry_out(const WorkerShares::Turn& turn) {
  if (turn.leaving) {
    WorkerProcess* const leaving = fleet_.find(*turn.leaving);
    CHECK(leaving != nullptr, "a worker that has ended was to make room");
    ++counts_.handovers;
    rest(*leaving);
  }
  return assign(*projects_.at(turn.project));
}

bool Dispatcher::assign(ProjectQueue& project) {
  const bool may_begin = &project == &checks_ || project.workers < suspended_.project_workers_max;
  if (project.has_resumptions() && (project.resumes_next() || !may_begin)) {
    go_on(*fleet_.find(project.take_resumption()));
    return true;
  }
  WorkerProcess* worker = fleet_.wake_up(project.project());
  if (worker == nullptr) worker = fleet_.spare_or_new(now_);
  if (worker == nullptr) return false;
  worker->project = &project;
  ++project.workers;
  if (&project != &checks_) shares_.assigned(worker->socket(), project.project(), now_);
  feed(*worker);
  return true;
}

bool Dispatcher::may_suspend(const WorkerProcess& worker) const {
  if (worker.project == nullptr || worker.project == &checks_) return false;
  if (worker.is_suspended() || worker.is_idle()) return false;
  // One that was cancelled ends soon.
  return !worker.head().is_answered() && counts_.suspended < suspended_.workers_max;
}

/// The worker stands still, and its place is free; from `until` on its call could go on.
void Dispatcher::suspend(WorkerProcess& worker, Steady::time_point until) {
  ProjectQueue& project = *worker.project;
  shares_.charge(project.project(), worker.take_used(now_));
  auto behind = worker.suspend(now_, until);
  resubmit(behind);
  project.suspended(worker.head());
  shares_.suspended(worker.socket());
  ++counts_.suspended;
  ++counts_.suspensions;
  if (worker.take_wake(now_)) project.can_resume(worker.socket(), worker.head());
  tell_shares(project);
}

void Dispatcher::go_on(WorkerProcess& worker) {
  --counts_.suspended;
  worker.project->resumed(worker.head());
  shares_.resumed(worker.socket());
  worker.resume(now_);
  tell_shares(*worker.project);
}

/// Ends a worker that did nothing wrong itself; the calls it had not begun go elsewhere.
void Dispatcher::retire(WorkerProcess& worker) {
  std::vector<QueuedCallPtr> calls = worker.take_calls();
  end_worker(worker, WorkerFleet::Reap::later);
  resubmit(calls);
}

/// One that is to make room, and is idle, can be of use to its project later.
void Dispatcher::rest(WorkerProcess& worker) {
  if (!worker.is_idle()) return retire(worker);
  const ProjectId project = worker.project->project();
  leave_project(worker);
  fleet_.rest(worker, project);
}

void Dispatcher::leave_project(WorkerProcess& worker) {
  ProjectQueue* const project = std::exchange(worker.project, nullptr);
  if (project == nullptr) return;
  --project->workers;
  if (worker.is_suspended()) {
    --counts_.suspended;
    project->cannot_resume(worker.socket());
  }
  if (project == &checks_) return;
  shares_.ended(worker.socket());
  tell_shares(*project);
  maybe_unused_.push_back(project->project());
}

int Dispatcher::end_worker(WorkerProcess& worker, WorkerFleet::Reap when) {
  leave_project(worker);
  return fleet_.end(worker, when);
}

// --- calls --------------------------------------------------------------------------------------

ProjectQueue& Dispatcher::queue_of(const QueuedCall& call) {
  if (call.kind == CallKind::check) return checks_;
  auto& project = projects_[call.source->project];
  if (project == nullptr) {
    project = std::make_unique<ProjectQueue>(call.source->project, suspended_.user_calls_max);
  }
  return *project;
}

/// Whether the project could use a place: for a call that could go on, or for one that may begin.
void Dispatcher::tell_shares(ProjectQueue& project) {
  if (&project == &checks_) return;
  const bool has_calls = project.has_resumptions() ||
                         (project.has_turns() && project.workers < suspended_.project_workers_max);
  if (std::exchange(project.has_told_calls, has_calls) == has_calls) return;
  if (has_calls) {
    shares_.has_calls(project.project());
  } else {
    shares_.has_no_calls(project.project());
  }
}

void Dispatcher::cancel(FunctionEngine::CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  QueuedCall& call = *found->second;
  const Error cancelled(ErrorCode::cancelled, "the function call was cancelled");
  ++counts_.cancelled;
  if (call.worker == nullptr) {
    ProjectQueue& project = queue_of(call);
    const QueuedCallPtr taken = project.remove(call);
    --counts_.queued;
    tell_shares(project);
    maybe_unused_.push_back(project.project());
    return fail(*taken, cancelled);
  }
  // Most calls end before their worker could be ended; those that do not are late.
  WorkerProcess& worker = *call.worker;
  fail(call, cancelled);
  worker.note_cancelled(call, now_);
  if (worker.is_suspended()) handle_lateness(worker);
}

/// Once it is in nobody's hands but ours.
void Dispatcher::left_worker(QueuedCall& call) {
  --counts_.running;
  call.worker = nullptr;
  ProjectQueue& project = queue_of(call);
  project.ended(call);
  tell_shares(project);
}

void Dispatcher::resubmit(std::vector<QueuedCallPtr>& calls) {
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    left_worker(**call);
    if ((*call)->is_answered()) continue;  // cancelled
    if ((*call)->attempts >= attempts_max) {
      fail(**call, Error(ErrorCode::function_worker_died,
                         "the worker was lost each time before the call was finished"));
      continue;
    }
    ++counts_.resubmitted;
    ProjectQueue& project = queue_of(**call);
    project.push_front(std::move(*call));
    ++counts_.queued;
    tell_shares(project);
  }
  calls.clear();
}

/// Nothing if it was cancelled, and answered then.
void Dispatcher::answer(QueuedCall& call, FunctionOutcome outcome) {
  if (call.is_answered()) return;
  ++counts_.calls;
  calls_.erase(call.id);
  intake_.release(call);
  const auto done = std::exchange(call.done, nullptr);
  done(std::move(outcome));
}

void Dispatcher::fail(QueuedCall& call, Error error) {
  answer(call, FunctionOutcome{std::move(error), {}, Millis(0)});
}

/// Every call that no worker has: used when workers cannot be started.
void Dispatcher::fail_waiting(const Error& error) {
  fail_all_of(checks_, error);
  for (const auto& [id, project] : projects_) {
    if (project->empty()) continue;
    fail_all_of(*project, error);
    tell_shares(*project);
    maybe_unused_.push_back(id);
  }
}

void Dispatcher::fail_all_of(ProjectQueue& project, const Error& error) {
  for (const QueuedCallPtr& call : project.take_all()) {
    --counts_.queued;
    fail(*call, error);
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
  intake_.take(arrived_, cancelled_);
  for (const auto& call : arrived_) fail(*call, stopping);
  arrived_.clear();
  fail_waiting(stopping);
  while (!fleet_.workers().empty()) {
    WorkerProcess& worker = *fleet_.workers().begin()->second;
    std::vector<QueuedCallPtr> calls = worker.take_calls();
    end_worker(worker, WorkerFleet::Reap::now);
    for (auto& call : calls) {
      left_worker(*call);
      fail(*call, stopping);
    }
  }
  fleet_.end_resting();
  fleet_.reap_all();
  publish();
}

void Dispatcher::publish() {
  fleet_.take_pids(counts_.workers);
  counts_.zygote = fleet_.zygote_pid();
  counts_.forks = fleet_.forks();
  counts_.resting = fleet_.resting();
  const std::lock_guard lock(stats_mutex_);
  published_ = counts_;
}

}  // namespace millrace
