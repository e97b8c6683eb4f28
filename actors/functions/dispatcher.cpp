#include "actors/functions/dispatcher.h"

#include "actors/functions/worker_death.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <thread>

namespace millrace {
namespace {

// A call that keeps losing its worker to others is given up, lest it go round for ever.
constexpr int attempts_max = 4;
// One worker may die at its start for any reason; so many in a row have a common one.
constexpr int failed_starts_max = 5;
constexpr auto zygote_retry_delay = std::chrono::milliseconds(200);
// After a bug of ours, lest the thread spins when each turn meets it.
constexpr int bug_pause_ms = 20;
constexpr int reap_interval_ms = 5;
constexpr int grow_interval_ms = 50;
constexpr std::size_t versions_remembered = 16'384;

std::size_t place_count(const FunctionPoolOptions& options) {
  if (options.workers_max > 0) return options.workers_max;
  return std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

}  // namespace

Dispatcher::Dispatcher(const FunctionPoolOptions& options, Intake& intake, int wake_descriptor)
    : options_(options),
      places_(place_count(options)),
      intake_(intake),
      wake_descriptor_(wake_descriptor),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      zygote_(options.worker_binary, options.error_descriptor),
      versions_(versions_remembered),
      now_(Steady::now()) {
  CHECK(epoll_.is_open(), "no epoll descriptor");
  watch(wake_descriptor_, EPOLLIN, EPOLL_CTL_ADD);
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::run() {
  start_zygote();
  keep_spares();
  publish();
  while (!stopping_.load()) {
    try {
      handle_events();
      take_calls();
      handle_deadlines();
      dispatch();
      reap();
      ended_.clear();
      publish();
    } catch (const std::exception& problem) {
      survive(problem);
      pollfd call{wake_descriptor_, POLLIN, 0};
      ::poll(&call, 1, bug_pause_ms);
    }
  }
  shut_down();
}

void Dispatcher::handle_events() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
  now_ = Steady::now();
  for (int i = 0; i < count; ++i) {
    const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
    const auto worker = workers_.find(descriptor);
    if (worker != workers_.end()) {
      handle_worker(*worker->second);
    } else if (descriptor == wake_descriptor_) {
      std::uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t size = ::read(wake_descriptor_, &ignored, sizeof ignored);
    } else if (descriptor == zygote_.control()) {
      handle_zygote_end();
    }
  }
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
    ++counts_.queued;
    list(project);
  }
}

void Dispatcher::handle_zygote_end() {
  zygote_.bury();
  if (now_ - zygote_started_ < zygote_retry_delay) {
    zygote_retry_ = now_ + zygote_retry_delay;  // it cannot even start; do not spin
  } else {
    start_zygote();
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
  if (!was_ready) workers_changed_ = true;  // its process id may be new
  if (!was_ready && worker.is_ready()) failed_starts_ = 0;
  if (workers_.find(worker.socket()) == workers_.end()) return;  // retired by its own reply
  if (health != WorkerProcess::Health::alive) handle_death(worker, health);
}

void Dispatcher::handle_reply(WorkerProcess& worker, WorkerProcess::Reply reply) {
  --counts_.running;
  reply.call->version->record(reply.duration_us);
  charge(*worker.project, reply.held);
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
  int status = 0;
  end_worker(worker, /*reap_now=*/true, status);
  if (guilty != nullptr) {
    --counts_.running;
    Error error = health == WorkerProcess::Health::insane
                      ? Error(ErrorCode::function_worker_died, "the worker broke the protocol")
                      : describe_worker_death(status);
    if (error.code == ErrorCode::function_memory) ++counts_.memory_events;
    fail(std::move(guilty), std::move(error));
  }
  resubmit(innocent);
  if (!was_ready && ++failed_starts_ >= failed_starts_max) {
    // Workers cannot start here at all: waiting calls are better told than left.
    fail_waiting(Error(ErrorCode::function_worker_died, "a function worker could not be started"));
    zygote_retry_ = now_ + zygote_retry_delay;
  }
}

void Dispatcher::handle_deadlines() {
  std::vector<WorkerProcess*> late;
  for (const auto& [socket, worker] : workers_) {
    if (worker->deadline() <= now_) late.push_back(worker.get());
  }
  for (WorkerProcess* const worker : late) {
    // What it has sent meanwhile counts: it may be this thread that is late.
    handle_worker(*worker);
    if (workers_.find(worker->socket()) == workers_.end() || worker->deadline() > now_) continue;
    if (!worker->is_ready()) {
      handle_death(*worker, WorkerProcess::Health::closed);
      continue;
    }
    QueuedCallPtr guilty;
    std::vector<QueuedCallPtr> innocent;
    worker->take_calls(guilty, innocent);
    if (guilty == nullptr && !innocent.empty()) {
      guilty = std::move(innocent.front());
      innocent.erase(innocent.begin());
    }
    int status = 0;
    end_worker(*worker, /*reap_now=*/false, status);
    ++counts_.timeouts;
    --counts_.running;
    const auto limit = guilty->source->limits.time.count();
    fail(std::move(guilty), Error(ErrorCode::function_timeout,
                                  "the function ran longer than " + std::to_string(limit) + " ms"));
    resubmit(innocent);
  }
}

int Dispatcher::wait_ms() const {
  auto next = Steady::time_point::max();
  for (const auto& [socket, worker] : workers_) next = std::min(next, worker->deadline());
  if (zygote_retry_ > now_) next = std::min(next, zygote_retry_);
  int wait = -1;
  if (next != Steady::time_point::max()) {
    const auto ms = std::chrono::duration_cast<Millis>(next - Steady::now()).count() + 1;
    wait = static_cast<int>(std::clamp<Millis::rep>(ms, 0, 60'000));
  }
  const auto at_most = [&](int ms) { wait = wait < 0 ? ms : std::min(wait, ms); };
  if (!dying_.empty()) at_most(reap_interval_ms);
  if (!with_calls_.empty()) at_most(grow_interval_ms);
  return wait;
}

// --- workers ------------------------------------------------------------------------------------

void Dispatcher::start_zygote() {
  zygote_started_ = now_;
  const Outcome started = zygote_.start();
  if (started.ok()) {
    watch(zygote_.control(), EPOLLIN, EPOLL_CTL_ADD);
    return;
  }
  zygote_retry_ = now_ + zygote_retry_delay;
  fail_waiting(started.error());
}

WorkerProcess* Dispatcher::order_worker() {
  if (orders_fail_ || !zygote_.is_running() || now_ < zygote_retry_) return nullptr;
  WorkerSettings settings;
  settings.memory_bytes_max = options_.memory_bytes_max;
  settings.contexts_max = static_cast<std::uint32_t>(options_.contexts_max);
  auto ordered = zygote_.order_worker(settings);
  if (!ordered.ok()) {
    orders_fail_ = true;
    return nullptr;
  }
  ++counts_.forks;
  workers_changed_ = true;
  auto worker = std::make_unique<WorkerProcess>(std::move(*ordered), now_);
  WorkerProcess* const result = worker.get();
  watch(worker->socket(), EPOLLIN, EPOLL_CTL_ADD);
  workers_.emplace(worker->socket(), std::move(worker));
  return result;
}

/// Gives the project a worker: the best spare, or a new one that is still starting.
bool Dispatcher::assign(ProjectQueue& project) {
  WorkerProcess* chosen = nullptr;
  for (const auto& [socket, worker] : workers_) {
    if (worker->project != nullptr) continue;
    if (chosen == nullptr || worker->is_ready()) chosen = worker.get();
  }
  if (chosen == nullptr) chosen = order_worker();
  if (chosen == nullptr) return false;
  chosen->project = &project;
  ++project.workers;
  if (!project.is_reserved()) ++assigned_;
  feed(*chosen);
  return true;
}

/// Ends a worker that did nothing wrong itself; the calls it had not begun go elsewhere.
void Dispatcher::retire(WorkerProcess& worker) {
  QueuedCallPtr begun;
  std::vector<QueuedCallPtr> calls;
  worker.take_calls(begun, calls);
  if (begun != nullptr) calls.insert(calls.begin(), std::move(begun));
  int status = 0;
  end_worker(worker, /*reap_now=*/false, status);
  resubmit(calls);
}

void Dispatcher::end_worker(WorkerProcess& worker, bool reap_now, int& status) {
  if (worker.project != nullptr) {
    if (!worker.is_yielding) --worker.project->workers;
    if (!worker.project->is_reserved()) --assigned_;
    // It may have calls and nobody to serve them now.
    if (!worker.project->empty()) list(*worker.project);
  }
  if (worker.pid() > 0) {
    ::kill(worker.pid(), SIGKILL);
    if (reap_now) {
      while (::waitpid(worker.pid(), &status, 0) < 0 && errno == EINTR) {
      }
    } else {
      dying_.push_back(worker.pid());
    }
  }
  workers_changed_ = true;
  watch(worker.socket(), 0, EPOLL_CTL_DEL);
  const auto found = workers_.find(worker.socket());
  ended_.push_back(std::move(found->second));  // callers up the stack still hold it
  workers_.erase(found);
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
    ++counts_.queued;
    ProjectQueue& project = queue_of(**call);
    project.push_front(std::move(*call));
    list(project);
  }
  calls.clear();
}

void Dispatcher::reap() {
  std::erase_if(dying_, [](pid_t pid) {
    const pid_t reaped = ::waitpid(pid, nullptr, WNOHANG);
    return reaped == pid || (reaped < 0 && errno == ECHILD);
  });
}

void Dispatcher::watch(int descriptor, std::uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  const int result = ::epoll_ctl(epoll_.get(), operation, descriptor, &event);
  CHECK(result == 0 || operation == EPOLL_CTL_DEL, "epoll refused a descriptor");
}

// --- answers ------------------------------------------------------------------------------------

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
  for (ProjectQueue* const project : with_calls_) {
    while (QueuedCallPtr call = project->take(ProjectQueue::Want::any)) {
      --counts_.queued;
      fail(std::move(call), error);
    }
  }
}

void Dispatcher::shut_down() {
  const Error stopping(ErrorCode::overloaded, "the server is stopping");
  intake_.take(arrived_);
  for (auto& call : arrived_) fail(std::move(call), stopping);
  fail_waiting(stopping);
  while (!workers_.empty()) {
    WorkerProcess& worker = *workers_.begin()->second;
    QueuedCallPtr begun;
    std::vector<QueuedCallPtr> calls;
    worker.take_calls(begun, calls);
    int status = 0;
    end_worker(worker, /*reap_now=*/true, status);
    if (begun != nullptr) calls.push_back(std::move(begun));
    for (auto& call : calls) {
      --counts_.running;
      fail(std::move(call), stopping);
    }
  }
  ended_.clear();
  for (const pid_t pid : dying_) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  dying_.clear();
  publish();
}

// --- bookkeeping --------------------------------------------------------------------------------

ProjectQueue& Dispatcher::queue_of(const QueuedCall& call) {
  if (call.kind == CallKind::check) return checks_;
  auto& project = projects_[call.source->project];
  if (project == nullptr) project = std::make_unique<ProjectQueue>(false);
  return *project;
}

void Dispatcher::list(ProjectQueue& project) {
  if (project.is_listed) return;
  project.is_listed = true;
  with_calls_.push_back(&project);
}

void Dispatcher::unlist_empty() {
  std::erase_if(with_calls_, [](ProjectQueue* project) {
    if (project->empty()) project->is_listed = false;
    return !project->is_listed;
  });
}

void Dispatcher::publish() {
  if (workers_changed_) {
    counts_.workers.clear();
    for (const auto& [socket, worker] : workers_) {
      if (worker->pid() > 0) counts_.workers.push_back(worker->pid());
    }
    workers_changed_ = false;
  }
  counts_.zygote = zygote_.pid();
  const std::lock_guard lock(stats_mutex_);
  published_ = counts_;
}

}  // namespace millrace
