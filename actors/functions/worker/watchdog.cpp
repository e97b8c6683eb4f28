#include "actors/functions/worker/watchdog.h"

#include <algorithm>

namespace millrace::worker {
namespace {

constexpr Nanos tick = 2 * nanos_per_ms;
// Ticks without a call after which the thread sleeps for good: a steady trickle of calls must not
// pay for waking it each time.
constexpr int idle_ticks_max = 50;

}  // namespace

Watchdog::Watchdog(v8::Isolate* isolate, Outbox& outbox)
    : isolate_(isolate), outbox_(outbox), thread_([this] { watch(); }) {
  thread_.detach();
}

// --- main thread ----------------------------------------------------------------------------------

void Watchdog::arm(Nanos time_max) {
  began_.store(monotonic_now(), std::memory_order_relaxed);
  time_max_.store(time_max, std::memory_order_relaxed);
  armed_.store(++calls_);
  if (asleep_.load() != 0) {
    asleep_.store(0);
    asleep_.notify_one();
  }
}

Nanos Watchdog::computed() const {
  return seen_.load() == calls_ ? processor_now() - seen_from_.load() : unseen();
}

/// Real time says little about a call's when the machine is busy, hence no more than a tick.
Nanos Watchdog::unseen() const { return std::min(monotonic_now() - began_.load(), tick); }

void Watchdog::see() {
  const std::lock_guard lock(mutex_);
  see(calls_);
}

void Watchdog::see(std::uint64_t call) {
  if (seen_.load() == call) return;
  seen_from_.store(processor_now() - unseen());
  seen_.store(call);
}

bool Watchdog::disarm() {
  if (armed_.exchange(0) != 0) return false;
  // It fired. Wait until TerminateExecution has returned, so that it cannot hit the next call.
  const std::lock_guard lock(mutex_);
  return true;
}

// --- the watchdog's thread ------------------------------------------------------------------------

void Watchdog::watch() {
  int idle_ticks = 0;
  for (;;) {
    const timespec pause{0, tick};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    const bool flushed = outbox_.flush_older_than(tick / 2);
    if (const std::uint64_t call = armed_.load(); call != 0) {
      idle_ticks = 0;
      look_at(call);
    } else if (flushed && ++idle_ticks > idle_ticks_max) {
      sleep_until_armed();
      idle_ticks = 0;
    }
  }
}

void Watchdog::look_at(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  if (armed_.load() != call) return;
  see(call);
  // Another call may run by now: `call` is not terminated then, whatever was read here.
  if (processor_now() - seen_from_.load() < time_max_.load()) return;
  if (armed_.compare_exchange_strong(call, 0)) isolate_->TerminateExecution();
}

void Watchdog::sleep_until_armed() {
  asleep_.store(1);
  // Armed between the last tick and the line above: its arm() saw no sleeper.
  if (armed_.load() != 0) {
    asleep_.store(0);
    return;
  }
  asleep_.wait(1);
}

}  // namespace millrace::worker
