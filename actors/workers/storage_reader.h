#pragma once
// A few threads that block on the disk so that actors do not: a job reads and then sends the answer
// to the actor that asked. The queue is bounded by what asks: admitted runs and open fan-outs.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

class StorageReader {
 public:
  explicit StorageReader(std::size_t threads);
  ~StorageReader() { stop(); }
  /// Finishes the running jobs; drops the waiting and all later ones (what they would load stays on
  /// disk).
  void stop();

  void submit(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
