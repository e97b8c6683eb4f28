#pragma once
// A few threads that block on the disk so that actors do not: a job reads and then sends the answer
// to the actor that asked. The queue is bounded by what asks: admitted runs and open fan-outs.
//
// Whoever submits sees to it that its job answers whatever happens (`answer_of` in survive.h); an
// exception that leaves a job all the same is logged and costs that job alone.

#include "runtime/base/log.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

class StorageReader {
 public:
  StorageReader(std::size_t threads, LogSink log);
  ~StorageReader() { stop(); }
  /// Finishes the running jobs; drops the waiting and all later ones (what they would load stays on
  /// disk).
  void stop();

  void submit(std::function<void()> job);

 private:
  void run();

  const LogSink log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
