#include "actors/scheduling/timer_service.h"

#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <algorithm>
#include <iterator>

namespace millrace {

TimerService::TimerService(const storage::OrderedStore& store, Clock& clock, LogSink log,
                           TimerServiceOptions options)
    : table_(store), clock_(clock), log_(std::move(log)), options_(options) {
  CHECK(options.horizon > options.scan_interval, "timers would fall between two scans");
  CHECK(options.held_max > 0, "without a place no timer ever fires");
}

void TimerService::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TimerService::start(Fire fire) {
  CHECK(!thread_.joinable(), "the timer service was started twice");
  fire_ = std::move(fire);
  next_scan_ = clock_.now();
  thread_ = std::thread([this] { run(); });
}

void TimerService::schedule(const storage::TimerRow& timer) {
  {
    std::lock_guard lock(mutex_);
    if (timer.due > clock_.now() + options_.horizon) return;
    hold(timer);
    if (*waiting_.begin() != timer) return;
  }
  wake_.notify_one();
}

std::size_t TimerService::held() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

/// Keeps the earliest ones.
void TimerService::hold(const storage::TimerRow& timer) {
  waiting_.insert(timer);
  if (waiting_.size() <= options_.held_max) return;
  const auto last = std::prev(waiting_.end());
  left_out_ = std::min(left_out_.value_or(last->due), last->due);
  waiting_.erase(last);
}

void TimerService::run() {
  // A turn that throws has come further: its timer counts as fired, or its scan as made.
  while (!stopping_) survive(log_, "the timer service", [this] { turn(); });
}

void TimerService::turn() {
  Lock lock(mutex_);
  fire_due(lock);
  if (stopping_) return;
  if (must_scan(clock_.now())) {
    scan(lock);
  } else {
    clock_.wait_until(lock, wake_, next_wake());
  }
}

void TimerService::fire_due(Lock& lock) {
  const Instant now = clock_.now();
  while (!stopping_ && !waiting_.empty() && waiting_.begin()->due <= now) {
    const storage::TimerRow timer = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    fired_[timer] = now;
    lock.unlock();
    fire_(timer);
    lock.lock();
  }
}

bool TimerService::must_scan(Instant now) const {
  return now >= next_scan_ || (left_out_ && *left_out_ <= now);
}

Instant TimerService::next_wake() const {
  Instant wake = std::min(next_scan_, left_out_.value_or(next_scan_));
  if (!waiting_.empty()) wake = std::min(wake, waiting_.begin()->due);
  return wake;
}

void TimerService::scan(Lock& lock) {
  const Instant now = clock_.now();
  next_scan_ = now + options_.scan_interval;
  left_out_.reset();
  lock.unlock();
  std::erase_if(fired_,
                [&](const auto& each) { return each.second + options_.fire_again_after <= now; });
  const auto scanned = table_.due(now + options_.horizon, [&](const storage::TimerRow& row) {
    if (fired_.contains(row)) return true;
    const std::lock_guard held(mutex_);
    hold(row);
    return true;
  });
  if (!scanned) {
    log_(LogLevel::error, "timers could not be read, trying again: " + scanned.error().message);
  }
}

}  // namespace millrace
