#pragma once
// The door of the pool: any thread hands calls in, the I/O thread takes them out. It bounds what
// waits in the pool as a whole and per project, so that one project cannot fill the memory that
// the others need.
//
// Threads: any thread may push and cancel; only the I/O thread sleeps, takes and releases.

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
  /// `wake_descriptor`: an eventfd, written when a call comes in while the I/O thread sleeps.
  Intake(const IntakeLimits& limits, int wake_descriptor)
      : limits_(limits), wake_descriptor_(wake_descriptor) {}

  /// Takes the call over. Beyond a limit it is kept without its text and marked `refused`. False:
  /// the pool was closed, the caller answers itself.
  bool push(QueuedCallPtr& call);
  /// Whether nothing has come since `take`; if so, the next call wakes the I/O thread. Asked right
  /// before it waits: while it works, calls come in without a system call.
  bool may_sleep();
  /// Empties the eventfd.
  void take_wake() const;
  /// Somebody does not want the answer any more. A call is always taken before its cancellation.
  void cancel(FunctionEngine::CallId call);
  /// All calls and cancellations that came since the last time.
  void take(std::vector<QueuedCallPtr>& calls, std::vector<FunctionEngine::CallId>& cancelled);
  /// The call was answered: its room is free again.
  void release(const QueuedCall& call);
  /// Nothing is taken in any more.
  void close();

 private:
  struct Usage {
    std::size_t calls = 0;
    std::size_t bytes = 0;
  };

  void wake() const;
  bool has_room(const Usage& project, std::size_t bytes) const;

  const IntakeLimits limits_;
  const int wake_descriptor_;
  std::mutex mutex_;
  bool closed_ = false;
  bool sleeps_ = false;  // the I/O thread, or it is about to
  std::vector<QueuedCallPtr> arrived_;
  std::vector<FunctionEngine::CallId> cancelled_;
  Usage total_;
  std::unordered_map<ProjectId, Usage> projects_;
};

}  // namespace millrace
