#pragma once
// Calls functions on a pool with real workers, the way tests like it: one line, small limits.

#include "actors/functions/function_pool.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <utility>

namespace millrace::test {

inline FunctionPoolOptions small_pool() {
  FunctionPoolOptions options;
  options.worker_binary = MILLRACE_FUNCTION_WORKER;
  options.workers_max = 2;
  return options;
}

inline FunctionSource function(std::string code, std::string project = "acme") {
  FunctionSource source;
  source.project = ProjectId(std::move(project));
  source.identity = "test:" + code;
  source.code = std::move(code);
  source.limits.time = Millis(2'000);
  return source;
}

using SharedSource = std::shared_ptr<const FunctionSource>;

inline SharedSource shared(FunctionSource source) {
  return std::make_shared<const FunctionSource>(std::move(source));
}

inline std::future<FunctionOutcome> start(FunctionPool& pool, SharedSource source,
                                          std::string parameters = "{}") {
  auto promise = std::make_shared<std::promise<FunctionOutcome>>();
  auto answer = promise->get_future();
  pool.run({std::move(source), std::move(parameters)},
           [promise](FunctionOutcome outcome) { promise->set_value(std::move(outcome)); });
  return answer;
}

inline FunctionOutcome call(FunctionPool& pool, FunctionSource source,
                            std::string parameters = "{}") {
  return start(pool, shared(std::move(source)), std::move(parameters)).get();
}

/// The JSON text, or "code: message".
inline std::string text(const FunctionOutcome& outcome) {
  if (outcome.result.ok()) return outcome.result.value();
  const Error& error = outcome.result.error();
  return std::string(wire_name(error.code)) + ": " + error.message;
}

inline std::string run(FunctionPool& pool, std::string code, std::string parameters = "{}") {
  return text(call(pool, function(std::move(code)), std::move(parameters)));
}

/// "ok", or the code's name on the wire.
inline std::string code(const FunctionOutcome& outcome) {
  return outcome.result.ok() ? "ok" : std::string(wire_name(outcome.result.error().code));
}

/// Real time, for what must take at least so long. Nothing may have to take at most so long: a busy
/// machine takes its time.
class Stopwatch {
 public:
  Millis elapsed() const {
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What the pool, its workers and this test compute, which other load on the machine does not add to.
class Effort {
 public:
  Millis spent() const { return std::chrono::duration_cast<Millis>(total() - start_); }

 private:
  using Nanos = std::chrono::nanoseconds;

  static Nanos read(clockid_t clock) {
    timespec used{};
    if (::clock_gettime(clock, &used) != 0) return Nanos(0);
    return std::chrono::seconds(used.tv_sec) + Nanos(used.tv_nsec);
  }
  /// Of this process and its children, those that have ended included.
  static Nanos total() {
    Nanos sum = read(CLOCK_PROCESS_CPUTIME_ID);
    rusage ended{};
    ::getrusage(RUSAGE_CHILDREN, &ended);
    for (const timeval& part : {ended.ru_utime, ended.ru_stime}) {
      sum += std::chrono::seconds(part.tv_sec) + std::chrono::microseconds(part.tv_usec);
    }
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream file(task.path() / "children");
      for (pid_t pid = 0; file >> pid;) {
        clockid_t clock{};
        if (::clock_getcpuclockid(pid, &clock) == 0) sum += read(clock);
      }
    }
    return sum;
  }

  Nanos start_ = total();
};

}  // namespace millrace::test
