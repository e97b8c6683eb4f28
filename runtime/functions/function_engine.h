#pragma once
// Port: runs users' JavaScript. `actors/functions` implements it with V8 in worker processes; tests
// script it. The engine promises exactly one answer for each call, whatever the code does.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/limits.h"
#include "runtime/base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

enum class FunctionIsolation : std::uint8_t {
  version,  // calls of one function version share a context (fast; the default)
  call,     // every call gets a fresh context
};

struct FunctionLimits {
  /// What a call may compute and wait for its own timers. Time in which a busy machine, or the engine
  /// for the sake of others, lets it stand is not counted.
  Millis time = limits::function_time_max;
  std::size_t memory_bytes = limits::function_memory_bytes_max;
  std::size_t output_bytes = limits::function_output_bytes_max;
};

/// The immutable part of a function step: one per (project, workflow, version, step). Calls share it.
struct FunctionSource {
  ProjectId project;
  /// Identity of the function version within the project, e.g. "lead-to-crm@3/normalise". What a
  /// call leaves behind is visible only to calls with the same (project, identity).
  std::string identity;
  std::string code;  // UTF-8; `function (parameters, libraries) {...}`, an arrow, or async
  FunctionIsolation isolation = FunctionIsolation::version;
  FunctionLimits limits;
};

struct FunctionCall {
  std::shared_ptr<const FunctionSource> source;
  std::string parameters;  // JSON text
  UserId user{};           // whose turn it is within the project when calls have to wait
};

struct ConsoleLine {
  std::string level;  // log, info, warn, error, debug
  std::string text;
};

struct FunctionOutcome {
  /// The awaited return value as JSON text (`null` for undefined); or function_threw (message and
  /// line of the user's own code), function_timeout, function_memory, function_output,
  /// function_never_settled, function_worker_died, function_syntax, overloaded, cancelled.
  Result<std::string> result;
  std::vector<ConsoleLine> console;
  Millis duration{0};  // as `FunctionLimits::time` counts it
};

class FunctionEngine {
 public:
  using CallId = std::uint64_t;

  virtual ~FunctionEngine() = default;

  /// Starts the call and returns at once. `done` is called exactly once, from a thread of the
  /// engine; it must be quick and must not block. It may be called before `run` returns. Calls of one
  /// project run concurrently.
  virtual CallId run(FunctionCall call, std::function<void(FunctionOutcome)> done) = 0;

  /// Answers the call with `cancelled`, whether it waits or runs, and ends its code; nothing if it was
  /// answered already. Returns at once; from any thread.
  virtual void cancel(CallId call) = 0;

  /// Compiles without running. Error `function_syntax` names line and column. Blocks for
  /// milliseconds: call it from a request thread, never from an actor.
  virtual Outcome check(const std::string& code) = 0;

  /// Answers every outstanding call with `overloaded` and refuses further ones likewise. When it
  /// returns, no `done` is called any more and all of them have been destroyed.
  virtual void stop() = 0;
};

}  // namespace millrace
