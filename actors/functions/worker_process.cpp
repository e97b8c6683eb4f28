#include "actors/functions/worker_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <iterator>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace {
namespace {

// The worker's own watchdog ends a call at its limit; only what V8 cannot interrupt lasts longer.
constexpr auto grace = std::chrono::milliseconds(250);
// Calls shorter than this are never looked at. A call that was cancelled may go on for so long.
constexpr auto first_look = std::chrono::milliseconds(20);
constexpr auto start_time_max = std::chrono::seconds(20);
// Of the real time in which a call computes nothing, so much counts as if it did.
constexpr int idle_part = 10;
constexpr std::size_t out_bytes_kept = 1u << 20;

constexpr const char* console_levels[] = {"log", "info", "warn", "error", "debug"};

/// Real time, for a call that neither computes nor ends; generous, because a machine may be so busy
/// that it gives a worker a tenth of a processor.
Steady::duration lasts_max(const QueuedCall& call) {
  return 10 * call.source->limits.time + std::chrono::seconds(10);
}

/// What a process has computed so far; nothing if it is gone.
std::optional<std::chrono::nanoseconds> processor_time(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (pid <= 0 || ::clock_getcpuclockid(pid, &clock) != 0) return std::nullopt;
  if (::clock_gettime(clock, &used) != 0) return std::nullopt;
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

WorkerProcess::WorkerProcess(ZygoteProcess::Ordered ordered, Steady::time_point now)
    : socket_(std::move(ordered.socket)), ordered_(now), began_(now) {
  void* const page =
      ::mmap(nullptr, sizeof(WorkerProgress), PROT_READ, MAP_SHARED, ordered.progress.get(), 0);
  if (page != MAP_FAILED) progress_ = static_cast<const WorkerProgress*>(page);
}

WorkerProcess::~WorkerProcess() {
  if (progress_ != nullptr) {
    ::munmap(const_cast<WorkerProgress*>(progress_), sizeof(WorkerProgress));
  }
}

bool WorkerProcess::can_take(ProjectQueue::Want& want) const {
  want = in_flight_.empty() ? ProjectQueue::Want::any : ProjectQueue::Want::fast;
  return !is_spoilt_ && !is_suspended() && slow_in_flight_ == 0 &&
         in_flight_.size() < pipeline_calls_max && in_flight_bytes_ < pipeline_bytes_max;
}

void WorkerProcess::give(QueuedCallPtr call, std::uint64_t number, Steady::time_point now) {
  CHECK(call != nullptr && call->version != nullptr, "gave a worker a call without a version");
  if (in_flight_.empty()) begin_head(now);
  call->number = number;
  call->worker = this;
  ++call->attempts;
  if (call->kind == CallKind::run) {
    introduce(*call->version);
    FrameWriter(out_, FrameKind::call).number(number).number(call->version->id()).text(call->text);
  } else {
    FrameWriter(out_, FrameKind::check).number(number).text(call->text);
  }
  if (!call->version->is_fast()) ++slow_in_flight_;
  in_flight_bytes_ += call->bytes();
  in_flight_.push_back(std::move(call));
}

void WorkerProcess::introduce(const FunctionVersion& version) {
  const auto [known, is_new] = known_versions_.insert_or_assign(version.id(), ++uses_);
  if (!is_new) return;
  const FunctionSource& source = version.source();
  FrameWriter(out_, FrameKind::source)
      .number(version.id())
      .number(static_cast<std::uint8_t>(source.isolation == FunctionIsolation::call))
      .number(static_cast<std::uint32_t>(source.limits.time.count()))
      .number(static_cast<std::uint64_t>(source.limits.memory_bytes))
      .number(std::min<std::uint64_t>(source.limits.output_bytes, reply_bytes_max / 2))
      .text(source.code);
  if (known_versions_.size() <= versions_max) return;
  const auto oldest =
      std::min_element(known_versions_.begin(), known_versions_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  FrameWriter(out_, FrameKind::forget).number(oldest->first);
  known_versions_.erase(oldest);
}

void WorkerProcess::flush() {
  while (sent_ < out_.size()) {
    const ssize_t size =
        ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    // A broken socket also shows as readable, with its end; that is where it is handled.
    if (size < 0) return;
    sent_ += static_cast<std::size_t>(size);
  }
  sent_ = 0;
  if (out_.capacity() > out_bytes_kept) {
    std::string().swap(out_);
  } else {
    out_.clear();
  }
}

bool WorkerProcess::accept(std::string_view frame, Steady::time_point now, Reply& reply) {
  FrameReader reader(frame);
  switch (reader.kind()) {
    case FrameKind::started:
      // Believed once, before any user code was there to lie.
      if (pid_ >= 0) return false;
      pid_ = reader.number<std::int32_t>();
      return reader.good() && pid_ > 0;
    case FrameKind::ready:
      if (is_ready_) return false;
      is_ready_ = true;
      begin_head(now);
      return true;
    case FrameKind::waiting:
      return accept_wait(reader);
    case FrameKind::reply:
      return accept_reply(reader, now, reply);
    default:
      return false;
  }
}

bool WorkerProcess::accept_reply(FrameReader& reader, Steady::time_point now, Reply& reply) {
  const auto number = reader.number<std::uint64_t>();
  if (in_flight_.empty() || in_flight_.front()->number != number) return false;
  const auto code = reader.number<std::uint16_t>();
  reply.duration_us = reader.number<std::uint32_t>();
  const std::string_view text = reader.text();
  if (code == 0) {
    if (text.size() > in_flight_.front()->source->limits.output_bytes) return false;
    reply.outcome.result = std::string(text);
  } else {
    reply.outcome.result = Error(error_code_from_number(code), std::string(text));
  }
  std::vector<ErrorDetail> frames;
  for (auto count = reader.number<std::uint32_t>(); count > 0 && reader.good(); --count) {
    ErrorDetail detail;
    detail.message = reader.text();
    frames.push_back(std::move(detail));
  }
  if (!frames.empty() && code != 0) {
    Error error = reply.outcome.result.error();
    error.details = std::move(frames);
    reply.outcome.result = std::move(error);
  }
  for (auto count = reader.number<std::uint32_t>(); count > 0 && reader.good(); --count) {
    const auto level = reader.number<std::uint8_t>();
    const std::string_view line = reader.text();
    if (level >= std::size(console_levels)) return false;
    reply.outcome.console.push_back({console_levels[level], std::string(line)});
  }
  if (!reader.good()) return false;
  reply.outcome.duration = Millis((reply.duration_us + 500) / 1000);
  reply.call = std::move(in_flight_.front());
  in_flight_.pop_front();
  in_flight_bytes_ -= reply.call->bytes();
  // A pipelined version can turn slow while its calls are under way, hence no exact count: the
  // first call that is slow stands alone, so none is left when the line is empty.
  if (in_flight_.empty()) slow_in_flight_ = 0;
  begin_head(now);
  return true;
}

bool WorkerProcess::accept_wait(FrameReader& reader) {
  const Millis time(reader.number<std::uint32_t>());
  if (!reader.good() || in_flight_.empty()) return false;
  // Waiting counts like computing, and here the worker must be believed.
  waited_ += time;
  if (waited_ > head().source->limits.time + grace) return false;
  wait_ = time;
  return true;
}

void WorkerProcess::begin_head(Steady::time_point now) {
  began_ = now;
  placed_.reset();
  look_at_ = now + first_look;
  processor_then_.reset();
  waited_ = Steady::duration(0);
  wait_.reset();
}

// --- late? --------------------------------------------------------------------------------------

Steady::time_point WorkerProcess::due() const {
  if (!is_ready_) return ordered_ + start_time_max;
  if (is_suspended()) return wakes_;
  return in_flight_.empty() ? Steady::time_point::max() : look_at_;
}

bool WorkerProcess::is_late(Steady::time_point now) {
  if (is_suspended() || due() > now) return false;
  if (!is_ready_) return true;
  const Steady::time_point end = began_ + lasts_max(head());
  if (end <= now) return true;
  look_at_ = std::min(now + first_look, end);
  // Between two calls, or an answer is on its way.
  if (!runs_head()) return false;
  if (head().is_answered()) return true;
  const auto used = processor_time(pid_);
  if (!used) return false;  // it has died, which its socket tells as well
  if (!processor_then_) processor_then_ = used;
  const Steady::duration left = head().source->limits.time + grace - (*used - *processor_then_);
  if (left <= Steady::duration(0)) return true;
  // It cannot compute faster than time goes by.
  look_at_ = std::min(std::max<Steady::time_point>(look_at_, now + left), end);
  return false;
}

void WorkerProcess::note_cancelled(const QueuedCall& call, Steady::time_point now) {
  if (&call == in_flight_.front().get()) look_at_ = std::min(look_at_, now + first_look);
}

bool WorkerProcess::runs_head() const {
  if (in_flight_.empty()) return false;
  if (progress_ == nullptr) return true;
  return progress_->running_call.load(std::memory_order_acquire) == in_flight_.front()->number;
}

bool WorkerProcess::is_head_short_of_memory() const {
  if (progress_ == nullptr || !runs_head()) return false;
  return is_short_of_memory(progress_->starved.load(std::memory_order_relaxed),
                            head().source->limits.time);
}

std::optional<WorkerProcess::Look> WorkerProcess::look(Steady::time_point now) const {
  const auto computed = processor_time(pid_);
  if (!computed) return std::nullopt;
  return Look{now, *computed};
}

Steady::duration WorkerProcess::taken(const Look& from, const Look& to) const {
  const Steady::duration computed = to.computed - from.computed;
  return is_idle() ? computed : std::max(computed, (to.at - from.at) / idle_part);
}

Steady::duration WorkerProcess::stretch(Steady::time_point now) {
  const auto seen = look(now);
  if (!seen || is_idle()) return Steady::duration(0);
  if (!placed_) placed_ = seen;
  return taken(*placed_, *seen);
}

Steady::duration WorkerProcess::take_used(Steady::time_point now) {
  const auto seen = look(now);
  const auto before = std::exchange(counted_, seen);
  return before && seen ? taken(*before, *seen) : Steady::duration(0);
}

// --- standing still -----------------------------------------------------------------------------

std::vector<QueuedCallPtr> WorkerProcess::suspend(Steady::time_point now,
                                                  Steady::time_point until) {
  CHECK(!is_suspended() && !in_flight_.empty() && pid_ > 0, "stopped a worker that does not run");
  suspended_since_ = now;
  wakes_ = until;
  ::kill(pid_, SIGSTOP);
  std::vector<QueuedCallPtr> behind;
  while (in_flight_.size() > 1) {
    behind.insert(behind.begin(), std::move(in_flight_.back()));
    in_flight_.pop_back();
    in_flight_bytes_ -= behind.front()->bytes();
  }
  if (!behind.empty()) is_spoilt_ = true;
  return behind;
}

bool WorkerProcess::take_wake(Steady::time_point now) {
  if (!is_suspended() || wakes_ > now) return false;
  wakes_ = Steady::time_point::max();
  return true;
}

void WorkerProcess::resume(Steady::time_point now) {
  CHECK(is_suspended(), "a worker goes on that was not stopped");
  began_ += now - *suspended_since_;
  suspended_since_.reset();
  placed_.reset();
  counted_.reset();
  look_at_ = now + first_look;
  ::kill(pid_, SIGCONT);
}

void WorkerProcess::rest() {
  CHECK(is_idle() && pid_ > 0, "a worker rests that has work");
  ::kill(pid_, SIGSTOP);
}

void WorkerProcess::wake_up() {
  // Nobody pays for what it computed before.
  placed_.reset();
  counted_.reset();
  ::kill(pid_, SIGCONT);
}

void WorkerProcess::take_calls(QueuedCallPtr& guilty, std::vector<QueuedCallPtr>& innocent) {
  const std::uint64_t running =
      progress_ == nullptr ? 0 : progress_->running_call.load(std::memory_order_acquire);
  for (auto& call : in_flight_) {
    if (call->number == running) {
      guilty = std::move(call);
    } else {
      innocent.push_back(std::move(call));
    }
  }
  in_flight_.clear();
}

std::vector<QueuedCallPtr> WorkerProcess::take_calls() {
  std::vector<QueuedCallPtr> calls(std::make_move_iterator(in_flight_.begin()),
                                   std::make_move_iterator(in_flight_.end()));
  in_flight_.clear();
  return calls;
}

}  // namespace millrace
