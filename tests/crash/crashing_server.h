#pragma once
// A server that is killed and started again while clients use it. One thread kills; any number of
// threads call, and wait here while there is no server.

#include "tests/support/server_process.h"

#include <condition_variable>
#include <mutex>

namespace millrace::tests {

class CrashingServer {
 public:
  ServerProcess& process() { return process_; }

  /// Counts the starts; a client that got no answer waits for the next one.
  std::uint64_t starts() const {
    const std::lock_guard lock(mutex_);
    return starts_;
  }
  /// False once no further start will come.
  bool wait_for_start_after(std::uint64_t starts) {
    std::unique_lock lock(mutex_);
    started_.wait(lock, [&] { return starts_ > starts || is_last_; });
    return starts_ > starts;
  }

  void kill_and_start() {
    process_.kill_now();
    try {
      process_.start();
    } catch (...) {
      stays_as_it_is();  // or clients would wait for ever, and nobody would be told why
      throw;
    }
    const std::lock_guard lock(mutex_);
    ++starts_;
    started_.notify_all();
  }
  /// Lets the waiting clients go.
  void stays_as_it_is() {
    const std::lock_guard lock(mutex_);
    is_last_ = true;
    started_.notify_all();
  }

 private:
  ServerProcess process_{{"--history-requests-max", "0", "--egress-allow", "127.0.0.1/32"}};
  mutable std::mutex mutex_;
  std::condition_variable started_;
  std::uint64_t starts_ = 1;
  bool is_last_ = false;
};

}  // namespace millrace::tests
