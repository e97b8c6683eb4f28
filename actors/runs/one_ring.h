#pragma once
// Wakes the one thread that waits for something that happens once. A POSIX semaphore: a condition variable
// takes its mutex back after the wait, and in glibc gives it up again with a system call, even when nobody
// wants it.

#include "runtime/base/check.h"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <semaphore.h>

namespace millrace {

class OneRing {
 public:
  OneRing() { CHECK(::sem_init(&rung_, 0, 0) == 0, "a semaphore cannot be made"); }
  ~OneRing() { ::sem_destroy(&rung_); }
  OneRing(const OneRing&) = delete;
  OneRing& operator=(const OneRing&) = delete;

  /// Call at most once. Never blocks.
  void ring() { CHECK(::sem_post(&rung_) == 0, "rung more often than a semaphore counts"); }

  void wait() {
    while (::sem_wait(&rung_) != 0) CHECK(errno == EINTR, "a semaphore cannot be waited for");
  }
  /// False: it did not ring within that time.
  bool wait_for(std::chrono::milliseconds patience) {
    timespec due{};
    ::clock_gettime(CLOCK_MONOTONIC, &due);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    due.tv_sec += seconds.count();
    due.tv_nsec += std::chrono::nanoseconds(patience - seconds).count();
    if (due.tv_nsec >= 1'000'000'000) {
      due.tv_nsec -= 1'000'000'000;
      ++due.tv_sec;
    }
    while (::sem_clockwait(&rung_, CLOCK_MONOTONIC, &due) != 0) {
      if (errno == ETIMEDOUT) return false;
      CHECK(errno == EINTR, "a semaphore cannot be waited for");
    }
    return true;
  }

 private:
  sem_t rung_;
};

}  // namespace millrace
