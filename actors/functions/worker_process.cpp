#include "actors/functions/worker_process.h"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <sys/socket.h>

namespace millrace {
namespace {

// The worker's own watchdog ends a call at its limit; only what V8 cannot interrupt lasts longer.
constexpr auto grace = std::chrono::milliseconds(250);
constexpr auto start_time_max = std::chrono::seconds(20);
constexpr std::size_t out_bytes_kept = 1u << 20;

constexpr const char* console_levels[] = {"log", "info", "warn", "error", "debug"};

}  // namespace

WorkerProcess::WorkerProcess(ZygoteProcess::Ordered ordered, Steady::time_point now)
    : socket_(std::move(ordered.socket)), ordered_(now), changed_(now) {
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
  return slow_in_flight_ == 0 && in_flight_.size() < pipeline_calls_max &&
         in_flight_bytes_ < pipeline_bytes_max;
}

void WorkerProcess::give(QueuedCallPtr call, std::uint64_t number, Steady::time_point now) {
  CHECK(call != nullptr && call->version != nullptr, "gave a worker a call without a version");
  if (in_flight_.empty()) changed_ = now;
  call->number = number;
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
      changed_ = now;
      return true;
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
  reply.held = now - changed_;
  changed_ = now;
  return true;
}

Steady::time_point WorkerProcess::deadline() const {
  if (!is_ready_) return ordered_ + start_time_max;
  if (in_flight_.empty()) return Steady::time_point::max();
  return changed_ + in_flight_.front()->source->limits.time + grace;
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

}  // namespace millrace
