#pragma once
// One thread per connection. A thread is the simplest home for a held request (up to 55 s) and for
// handlers that wait for the disk; what makes it affordable is that a connection's stack is small:
// 256 KiB of addresses, of which an idle connection touches a few pages (http/README.md has the
// measurement). Threads are made on demand, reused, and end after `idle_life` without work.
//
// Bounded by `threads_max`: the accepting thread asks `wait_for_room` before it accepts, so that
// connections beyond the bound wait in the kernel's backlog and cost nothing here.

#include "runtime/base/limits.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace millrace {

class ConnectionThreads {
 public:
  struct Options {
    std::size_t threads_max = limits::connections_max;
    std::chrono::milliseconds idle_life{30'000};
    /// JSON of the deepest permitted nesting is parsed and written on these stacks; a test does so.
    std::size_t stack_bytes = 256u << 10;
  };

  explicit ConnectionThreads(Options options) : options_(options) {}
  /// Every job must have ended, or be about to: waits for them.
  ~ConnectionThreads();
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;

  /// Waits up to `patience` until another job can begin at once.
  bool wait_for_room(std::chrono::milliseconds patience);
  /// Runs `job` on a thread of its own. False when the system refuses another thread; the job was
  /// not taken then.
  bool run(std::function<void()> job);

  /// Lets idle threads end, takes no more jobs, and waits for the running ones up to `deadline`.
  /// True when all have ended.
  bool stop(std::chrono::steady_clock::time_point deadline);

  std::size_t busy() const;
  std::size_t threads() const;

 private:
  static void* enter(void* self);
  void work();
  bool start_thread();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable job_ready_;
  std::condition_variable changed_;  // a job ended or a thread ended
  std::deque<std::function<void()>> jobs_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace millrace
