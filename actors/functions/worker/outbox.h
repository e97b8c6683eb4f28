#pragma once
// Replies on their way to the pool. They leave in batches, because a system call and a wake-up of
// the pool cost more than a small function. None waits longer than about 2 ms: the watchdog's
// thread flushes what the main thread, busy with a long call, cannot.
//
// Threads: the main thread writes and flushes; the watchdog's thread flushes.

#include "actors/functions/worker/clocks.h"

#include <cstddef>
#include <mutex>
#include <string>

namespace millrace::worker {

class Outbox {
 public:
  explicit Outbox(int socket) : socket_(socket) {}

  /// Appends one reply; `write` is given the buffer. Flushes when enough has come together.
  template <class Write>
  void add(Write write) {
    const std::lock_guard lock(mutex_);
    if (pending_.empty()) oldest_ = monotonic_now();
    write(pending_);
    ++count_;
    if (pending_.size() >= batch_bytes || count_ >= batch_replies) flush_locked();
  }
  void flush();
  /// Flushes when the oldest reply waited for `age` or longer. True: nothing is left waiting.
  bool flush_older_than(Nanos age);

 private:
  static constexpr std::size_t batch_bytes = 64u << 10;
  static constexpr std::size_t batch_replies = 32;

  void flush_locked();

  const int socket_;
  std::mutex mutex_;
  std::string pending_;
  std::size_t count_ = 0;
  Nanos oldest_ = 0;
};

}  // namespace millrace::worker
