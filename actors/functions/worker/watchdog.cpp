#include "actors/functions/worker/watchdog.h"

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

void Watchdog::arm(Nanos deadline) {
  deadline_.store(deadline);
  if (asleep_.load() != 0) {
    asleep_.store(0);
    asleep_.notify_one();
  }
}

void Watchdog::move(Nanos deadline) {
  Nanos before = deadline_.load();
  if (before != 0) deadline_.compare_exchange_strong(before, deadline);
}

bool Watchdog::disarm() {
  if (deadline_.exchange(0) != 0) return false;
  // It fired. Wait until TerminateExecution has returned, so that it cannot hit the next call.
  const std::lock_guard lock(terminate_mutex_);
  return true;
}

void Watchdog::watch() {
  int idle_ticks = 0;
  for (;;) {
    const timespec pause{0, tick};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    const bool flushed = outbox_.flush_older_than(tick / 2);
    if (deadline_.load() != 0) {
      idle_ticks = 0;
      terminate_if_due();
    } else if (flushed && ++idle_ticks > idle_ticks_max) {
      sleep_until_armed();
      idle_ticks = 0;
    }
  }
}

void Watchdog::terminate_if_due() {
  Nanos deadline = deadline_.load();
  if (deadline == 0 || processor_now() < deadline) return;
  const std::lock_guard lock(terminate_mutex_);
  if (deadline_.compare_exchange_strong(deadline, 0)) isolate_->TerminateExecution();
}

void Watchdog::sleep_until_armed() {
  asleep_.store(1);
  // Armed between the last tick and the line above: its arm() saw no sleeper.
  if (deadline_.load() != 0) {
    asleep_.store(0);
    return;
  }
  asleep_.wait(1);
}

}  // namespace millrace::worker
