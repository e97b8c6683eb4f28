#include "actors/scheduling/recovery_sweep.h"

#include "actors/workers/survive.h"

#include <algorithm>
#include <utility>

namespace millrace {

RecoverySweep::RecoverySweep(const storage::OrderedStore& store, const ShardOwnership& ownership,
                             Clock& clock, LogSink log, Millis interval, Resume resume,
                             Forget forget)
    : table_(store),
      ownership_(ownership),
      clock_(clock),
      log_(std::move(log)),
      interval_(interval),
      resume_(std::move(resume)),
      forget_(std::move(forget)),
      thread_([this] { run(); }) {}

void RecoverySweep::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RecoverySweep::wait_for_first_sweep() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return has_swept_ || stopping_; });
}

void RecoverySweep::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    survive(log_, "the recovery sweep", [this] { sweep(); });
    lock.lock();
    has_swept_ = true;
    wake_.notify_all();
    wait(lock, clock_.now() + interval_);
  }
}

void RecoverySweep::wait(std::unique_lock<std::mutex>& lock, Instant next) {
  constexpr Millis pause{1'000};  // while the disk is not well
  while (!stopping_ && clock_.now() < next) {
    const bool is_done = forget_refused(lock);
    if (stopping_) return;
    clock_.wait_until(lock, wake_, is_done ? next : std::min(next, clock_.now() + pause));
  }
}

void RecoverySweep::refused(const ExecutionId& run) {
  {
    const std::lock_guard lock(mutex_);
    if (refused_.size() < refused_max) refused_.insert(run);
  }
  wake_.notify_all();
}

bool RecoverySweep::is_refused(const ExecutionId& run) {
  const std::lock_guard lock(mutex_);
  return refused_.contains(run);
}

bool RecoverySweep::forget_refused(std::unique_lock<std::mutex>& lock) {
  while (forget_ && !refused_.empty() && !stopping_) {
    const ExecutionId run = *refused_.begin();
    Outcome forgotten = Error(ErrorCode::internal_error, "it was not tried");
    lock.unlock();
    survive(log_, "the recovery sweep", [&] { forgotten = forget_(run); });
    lock.lock();
    if (!forgotten) return false;
    refused_.erase(run);
  }
  return true;
}

void RecoverySweep::sweep() {
  // A run that began a moment ago is on its way; only the first sweep meets none of those.
  const Instant begun_before = has_swept_ ? clock_.now() - interval_ : Instant::max();
  std::size_t resumed = 0;
  std::size_t asleep = 0;
  const auto scanned = table_.unfinished(ownership_.owned(), [&](const ExecutionSummary& summary) {
    if (summary.status == ExecutionStatus::delayed) {
      ++asleep;
    } else if (summary.started < begun_before && !is_refused(summary.id)) {
      ++resumed;
      resume_(summary);
    }
    return true;
  });
  if (!scanned) {
    log_(LogLevel::error, "unfinished runs could not all be read: " + scanned.error().message);
  } else if (!has_swept_ && resumed + asleep > 0) {
    log_(LogLevel::info, "recovery: " + std::to_string(resumed) + " unfinished runs go on, " +
                             std::to_string(asleep) + " sleep");
  }
}

}  // namespace millrace
