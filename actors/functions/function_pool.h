#pragma once
// FunctionPool: runs users' JavaScript in worker processes (see README.md in this folder).
//
// Guarantees: each call gets exactly one answer, whatever the code does; a call can harm no process
// but its worker; a worker serves one project in its life; a project or a user with many or long calls
// delays the others by a few quanta. Calls that a worker had not finished when another call killed it
// are run again: functions have no effects outside, so nobody can tell.
//
// Threads: all methods may be called from any thread, `check` not from a `done`. One thread of the
// pool drives all workers and calls `done`, which must not throw.
// Ends: `stop`, or the destructor, answers what is outstanding with `overloaded` and leaves no
// process behind. A call that comes later is answered likewise, by the caller's own thread.

#include "actors/functions/call_timings.h"
#include "actors/functions/intake.h"
#include "runtime/base/log.h"
#include "runtime/functions/function_engine.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace millrace {

struct FunctionPoolOptions {
  /// Path of `millrace-function-worker`; `functions.blob` lies beside it.
  std::string worker_binary;
  /// Workers that serve projects at the same time. 0: one per core, at least two.
  std::size_t workers_max = 0;
  /// Workers kept ready for the next project, beyond `workers_max`.
  std::size_t spare_workers = 1;
  /// The largest `FunctionLimits::memory_bytes` that any function may have.
  std::size_t memory_bytes_max = limits::function_memory_bytes_max;
  /// Contexts that one worker keeps; a function beyond them starts with a new one.
  std::size_t contexts_max = 128;
  /// What a project may compute at a stretch while another one waits for a worker, and a user while
  /// another one of the project does.
  Millis quantum{50};
  /// How long an idle worker stays with its project although another could use one more.
  Millis idle_keep{200};
  /// Workers beyond `workers_max` that stand still: their call waits for a timer, or had to make room.
  /// 0: four for each place, at least sixteen. One project has half of them at most, one user of it a
  /// quarter. When there are no more, a call keeps its place until it ends.
  std::size_t suspended_workers_max = 0;
  /// Workers that have left their place to another project and stand still until their own one calls again, one for
  /// each; and the memory that all of them may have of their own. See resting_workers.h.
  std::size_t resting_workers_max = 128;
  std::size_t resting_bytes_max = 768u << 20;
  /// Beyond them a call is answered `overloaded`.
  IntakeLimits intake;
  /// Where workers write what V8 says when it dies; -1 for /dev/null.
  int error_descriptor = -1;
  /// Where the pool reports its own bugs; empty: nowhere.
  LogSink log{};
  /// Null: nobody asks how long calls wait.
  CallTimings* timings = nullptr;
};

/// Counters since the start, and sizes as of now.
struct FunctionPoolStats {
  std::size_t queued = 0;   // accepted, not yet at a worker
  std::size_t running = 0;  // at a worker
  std::uint64_t calls = 0;  // answered, of whatever outcome
  std::uint64_t refused = 0;
  std::uint64_t resubmitted = 0;  // run again because their worker was killed before them
  std::uint64_t cancelled = 0;    // answered so because somebody asked for it
  std::uint64_t suspensions = 0;  // of workers, whose place went to somebody else
  std::size_t suspended = 0;      // workers that stand still now
  std::uint64_t timeouts = 0;
  std::uint64_t memory_events = 0;
  std::uint64_t deaths = 0;     // workers that ended by themselves
  std::uint64_t handovers = 0;  // places that a project left because another one waited
  std::size_t resting = 0;      // workers that have left theirs so and are kept for their project
  std::uint64_t forks = 0;
  pid_t zygote = -1;
  std::vector<pid_t> workers;  // spares included
};

class FunctionPool final : public FunctionEngine {
 public:
  explicit FunctionPool(FunctionPoolOptions options);
  ~FunctionPool() override;

  CallId run(FunctionCall call, std::function<void(FunctionOutcome)> done) override;
  void cancel(CallId call) override;
  Outcome check(const std::string& code) override;
  void stop() override;

  FunctionPoolStats stats() const;

 private:
  CallId submit(QueuedCallPtr call);

  class Impl;
  CallTimings* const timings_;
  std::atomic<CallId> last_id_{0};
  const std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
