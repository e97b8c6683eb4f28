#pragma once
// The soft time limit: a thread that terminates the running JavaScript when its process has computed
// for long enough, and that flushes replies which the main thread cannot. V8 obeys at the next loop or
// call of the user's code; a built-in that runs for minutes does not notice, and is ended by the pool's
// SIGKILL.
//
// The thread is created before the sandbox forbids it, ticks every 2 ms while calls come in, and
// sleeps without waking when there are none.

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

  /// From now on the JavaScript that runs is terminated when `processor_now` reaches `deadline`.
  void arm(Nanos deadline);
  /// While armed: the deadline is another one now, unless it has passed.
  void move(Nanos deadline);
  /// While armed: the deadline passed.
  bool has_fired() const { return deadline_.load() == 0; }
  /// True: the deadline passed and the isolate was told to terminate.
  bool disarm();

 private:
  void watch();
  void terminate_if_due();
  void sleep_until_armed();

  v8::Isolate* const isolate_;
  Outbox& outbox_;
  std::mutex terminate_mutex_;      // held while the isolate is told to terminate
  std::atomic<Nanos> deadline_{0};  // 0: not armed, or fired
  std::atomic<std::uint32_t> asleep_{0};
  std::thread thread_;
};

}  // namespace millrace::worker
