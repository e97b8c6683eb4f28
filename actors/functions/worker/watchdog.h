#pragma once
// The soft time limit: a thread that terminates the running JavaScript when its process has computed
// for long enough, and that flushes replies which the main thread cannot. V8 obeys at the next loop or
// call of the user's code; a built-in that runs for minutes does not notice, and is ended by the pool's
// SIGKILL.
//
// The thread is created before the sandbox forbids it, ticks every 2 ms while calls come in, and
// sleeps without waking when there are none. A call's processor time is counted from the first tick that
// sees it, and a tick is added: calls that are over by then, nearly all, cost no system call. So a limit
// is kept to about 2 ms.
//
// Threads: the main thread arms, charges, asks and disarms.

#include "actors/functions/worker/clocks.h"
#include "actors/functions/worker/outbox.h"

#include <v8.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

namespace millrace::worker {

class Watchdog {
 public:
  /// Lives as long as the process: the thread is never joined.
  Watchdog(v8::Isolate* isolate, Outbox& outbox);

  /// A call begins: its JavaScript is terminated when it has computed for so long.
  void arm(Nanos time_max);
  /// What the call has computed; before it is seen, a tick at most.
  Nanos computed() const;
  /// What it may still compute or wait.
  Nanos left() const { return time_max_.load() - computed(); }
  /// The call is about to do nothing. It must be seen before: this process may stand still meanwhile.
  void see();
  /// It waited, which counts like computing.
  void charge(Nanos waited) { time_max_.store(time_max_.load() - waited); }
  /// It was terminated.
  bool has_fired() const { return armed_.load() == 0; }
  /// The call is over. True: it was terminated.
  bool disarm();

 private:
  void watch();
  void look_at(std::uint64_t call);
  void see(std::uint64_t call);
  Nanos unseen() const;
  void sleep_until_armed();

  v8::Isolate* const isolate_;
  Outbox& outbox_;
  std::mutex mutex_;  // held while a call is seen, and while the isolate is told to terminate

  std::uint64_t calls_ = 0;  // begun; the main thread's
  std::atomic<std::uint64_t> armed_{
      0};                        // number of the call that runs; 0: none, or it was terminated
  std::atomic<Nanos> began_{0};  // by the monotonic clock
  std::atomic<Nanos> time_max_{0};
  std::atomic<std::uint64_t> seen_{0};  // the last call that was
  std::atomic<Nanos> seen_from_{0};     // where its time began, by the processor's clock

  std::atomic<std::uint32_t> asleep_{0};
  std::thread thread_;
};

}  // namespace millrace::worker
