#include "actors/scheduling/timer_service.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <vector>

namespace millrace {

TimerService::TimerService(const storage::OrderedStore& store, Clock& clock, LogSink log,
                           TimerServiceOptions options)
    : table_(store), clock_(clock), log_(std::move(log)), options_(options) {
  CHECK(options.horizon > options.scan_interval, "timers would fall between two scans");
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
    if (waiting_.empty() || *waiting_.begin() != timer) return;
  }
  wake_.notify_one();
}

std::size_t TimerService::held() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

void TimerService::hold(const storage::TimerRow& timer) {
  if (waiting_.size() < options_.held_max) {
    waiting_.insert(timer);
    return;
  }
  // Keep the earliest ones; the others stay in their rows and come with a later scan.
  const auto last = std::prev(waiting_.end());
  if (timer < *last) {
    waiting_.erase(last);
    waiting_.insert(timer);
  }
  next_scan_ = std::min(next_scan_, std::prev(waiting_.end())->due);
}

void TimerService::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (clock_.now() >= next_scan_) {
      lock.unlock();
      scan();
      lock.lock();
      continue;
    }
    const Instant now = clock_.now();
    if (!waiting_.empty() && waiting_.begin()->due <= now) {
      const storage::TimerRow timer = *waiting_.begin();
      waiting_.erase(waiting_.begin());
      fired_[timer] = now;
      lock.unlock();
      fire_(timer);
      lock.lock();
      continue;
    }
    const Instant due = waiting_.empty() ? next_scan_ : std::min(next_scan_, waiting_.begin()->due);
    clock_.wait_until(lock, wake_, due);
  }
}

void TimerService::scan() {
  const Instant now = clock_.now();
  std::vector<storage::TimerRow> rows;
  const auto scanned = table_.due(now + options_.horizon, [&](storage::TimerRow row) {
    rows.push_back(std::move(row));
    return rows.size() < options_.held_max;
  });
  if (!scanned) {
    log_(LogLevel::error, "timers could not be read, trying again: " + scanned.error().message);
  }
  std::lock_guard lock(mutex_);
  next_scan_ = now + options_.scan_interval;
  std::erase_if(fired_,
                [&](const auto& each) { return each.second + options_.fire_again_after <= now; });
  for (const auto& row : rows) {
    if (!fired_.contains(row)) hold(row);
  }
}

}  // namespace millrace
