#pragma once
// The door of the pool: any thread hands calls in, the I/O thread takes them out. It bounds what
// waits in the pool as a whole and per project, so that one project cannot fill the memory that
// the others need.
//
// Threads: any thread may push; only the I/O thread takes and releases.

#include "actors/functions/queued_call.h"

#include <mutex>
#include <unordered_map>
#include <vector>

namespace millrace {

struct IntakeLimits {
  std::size_t calls_max = 1'000'000;
  std::size_t bytes_max = 1u << 30;
  std::size_t project_calls_max = 200'000;
  std::size_t project_bytes_max = 256u << 20;
};

class Intake {
 public:
  /// `wake_descriptor`: an eventfd, written when the first call of a batch comes in.
  Intake(const IntakeLimits& limits, int wake_descriptor)
      : limits_(limits), wake_descriptor_(wake_descriptor) {}

  /// Takes the call over. Beyond a limit it is kept without its text and marked `refused`. False:
  /// the pool was closed, the caller answers itself.
  bool push(QueuedCallPtr& call);
  /// All calls that came since the last time.
  void take(std::vector<QueuedCallPtr>& calls);
  /// The call was answered: its room is free again.
  void release(const QueuedCall& call);
  /// Nothing is taken in any more.
  void close();
  void wake() const;

 private:
  struct Usage {
    std::size_t calls = 0;
    std::size_t bytes = 0;
  };

  bool has_room(const Usage& project, std::size_t bytes) const;

  const IntakeLimits limits_;
  const int wake_descriptor_;
  std::mutex mutex_;
  bool closed_ = false;
  std::vector<QueuedCallPtr> arrived_;
  Usage total_;
  std::unordered_map<ProjectId, Usage> projects_;
};

}  // namespace millrace
