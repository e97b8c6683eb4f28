#pragma once
// A call on its way through the pool: in the intake, in its project's queue, or at a worker.

#include "actors/functions/function_version.h"
#include "runtime/base/clock.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace millrace {

class WorkerProcess;

enum class CallKind : std::uint8_t { run, check };

struct QueuedCall {
  FunctionEngine::CallId id = 0;
  CallKind kind = CallKind::run;
  std::shared_ptr<const FunctionSource> source;
  std::string text;  // parameters as JSON; for a check, the code
  UserId user{};
  /// Empty once it was answered: then it was cancelled, and whoever still holds it drops it.
  std::function<void(FunctionOutcome)> done;
  Moment submitted{};    // if the pool has timings
  bool refused = false;  // the queues were full; it only waits for the I/O thread to say so

  // Set by the I/O thread.
  std::shared_ptr<FunctionVersion> version;
  std::list<std::unique_ptr<QueuedCall>>::iterator place{};  // while it waits
  std::uint64_t number = 0;                                  // of this attempt
  int attempts = 0;                                          // how often it was given to a worker
  WorkerProcess* worker = nullptr;                           // that holds it
  bool is_suspended = false;                                 // together with its worker

  bool is_answered() const { return done == nullptr; }
  std::size_t bytes() const { return text.size() + sizeof *this; }
};

using QueuedCallPtr = std::unique_ptr<QueuedCall>;

}  // namespace millrace
