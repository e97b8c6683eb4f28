#include "actors/scheduling/timer_service.h"

#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace {

using storage::due_of;
using storage::DueRow;
using storage::TimerRow;
using storage::WakeRow;

bool TimerService::Earlier::operator()(const DueRow& a, const DueRow& b) const {
  const Instant due_a = due_of(a);
  const Instant due_b = due_of(b);
  return due_a != due_b ? due_a < due_b : a < b;
}

TimerService::TimerService(const storage::OrderedStore& store, const ShardOwnership& ownership,
                           Clock& clock, LogSink log, TimerServiceOptions options)
    : store_(store), ownership_(ownership), clock_(clock), log_(std::move(log)), options_(options) {
  CHECK(options.horizon > options.scan_interval, "rows would fall between two scans");
  CHECK(options.held_max > 0, "without a place nothing is ever fired");
  CHECK(options.unanswered_max > 0, "nothing may be fired that is not answered before");
}

void TimerService::serve(storage::WakeTarget target, Wake wake) {
  CHECK(!thread_.joinable(), "the service has started: it would read the handlers meanwhile");
  CHECK(wake != nullptr, "whoever owns a kind of target is to be called");
  CHECK(wakes_.emplace(target, std::move(wake)).second, "a kind of target has two owners");
}

void TimerService::start(Fire fire) {
  CHECK(!thread_.joinable(), "the timer service was started twice");
  fire_ = std::move(fire);
  next_scan_ = clock_.now();
  thread_ = std::thread([this] { run(); });
}

void TimerService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TimerService::schedule(const DueRow& row) {
  {
    const std::lock_guard lock(mutex_);
    if (due_of(row) > clock_.now() + options_.horizon) return;
    hold(row);
    // Only an earlier first row shortens the thread's sleep.
    if (*waiting_.begin() != row) return;
  }
  wake_.notify_one();
}

void TimerService::scan_soon() {
  {
    const std::lock_guard lock(mutex_);
    next_scan_ = clock_.now();
  }
  wake_.notify_one();
}

std::size_t TimerService::held() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

/// Keeps the earliest ones; false: this row found no place.
bool TimerService::hold(const DueRow& row) {
  const auto [place, is_new] = waiting_.insert(row);
  if (waiting_.size() <= options_.held_max) return true;
  const auto last = std::prev(waiting_.end());
  const bool found_place = place != last;
  left_out_ = std::min(left_out_.value_or(due_of(*last)), due_of(*last));
  waiting_.erase(last);
  return found_place;
}

void TimerService::run() {
  // A turn that throws has come further: its row counts as fired, or its scan as made.
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

// --- firing ---------------------------------------------------------------------------------------

void TimerService::fire_due(Lock& lock) {
  const Instant now = clock_.now();
  while (!stopping_ && !waiting_.empty() && due_of(*waiting_.begin()) <= now) {
    const DueRow row = std::move(waiting_.extract(waiting_.begin()).value());
    // Whoever owns the shard now reads the row himself.
    if (!ownership_.owns(shard_of(row)) || !is_served(row)) continue;
    fired_[row] = now;
    lock.unlock();
    fire(row);
    lock.lock();
  }
}

void TimerService::fire(const DueRow& row) const {
  if (const auto* const timer = std::get_if<TimerRow>(&row)) {
    fire_(*timer);
  } else {
    const auto& wake = std::get<WakeRow>(row);
    wakes_.at(wake.target)(wake);
  }
}

bool TimerService::is_served(const DueRow& row) const {
  const auto* const wake = std::get_if<WakeRow>(&row);
  return wake == nullptr || wakes_.contains(wake->target);
}

// --- reading --------------------------------------------------------------------------------------

bool TimerService::must_scan(Instant now) const {
  return now >= next_scan_ || (left_out_ && *left_out_ <= now);
}

Instant TimerService::next_wake() const {
  Instant wake = std::min(next_scan_, left_out_.value_or(next_scan_));
  if (!waiting_.empty()) wake = std::min(wake, due_of(*waiting_.begin()));
  return wake;
}

void TimerService::scan(Lock& lock) {
  const Instant now = clock_.now();
  next_scan_ = now + options_.scan_interval;
  left_out_.reset();
  lock.unlock();
  std::erase_if(fired_,
                [&](const auto& each) { return each.second + options_.fire_again_after <= now; });
  Found found;
  const auto scanned = visit_due(store_, ownership_.owned(), now + options_.horizon,
                                 [&](DueRow row) { return see(std::move(row), found); });
  if (scanned.ok()) forget_answered(found);
  report(scanned, found);
  if (!found.is_crowded) return;
  lock.lock();
  next_scan_ = std::min(next_scan_, now + options_.crowded_pause);
}

/// Takes one row of a scan; false when none that is due later can be of use.
bool TimerService::see(DueRow row, Found& found) {
  if (!is_served(row)) {
    ++found.unserved;
    return true;
  }
  if (const auto fired = fired_.find(row); fired != fired_.end()) {
    found.unanswered.insert(*fired);
    return true;
  }
  const std::lock_guard lock(mutex_);
  // Rows come by due time, so what has fired was seen before.
  found.is_crowded = found.unanswered.size() + waiting_.size() >= options_.unanswered_max;
  if (!found.is_crowded && hold(row)) return true;
  found.stopped_at = due_of(row);
  return false;
}

/// What has fired and was not met again by a scan is answered: its row is gone.
void TimerService::forget_answered(Found& found) {
  if (found.stopped_at) {
    for (const auto& fired : fired_) {
      if (due_of(fired.first) >= *found.stopped_at) found.unanswered.insert(fired);
    }
  }
  fired_ = std::move(found.unanswered);
}

void TimerService::report(const Outcome& scanned, const Found& found) {
  if (!scanned.ok()) {
    log_(LogLevel::error,
         "rows of timers could not be read, trying again: " + scanned.error().message);
  }
  if (found.unserved == std::exchange(unserved_, found.unserved) || found.unserved == 0) return;
  log_(LogLevel::warning,
       std::to_string(found.unserved) + " wakes are due of kinds that this program does not serve");
}

}  // namespace millrace
