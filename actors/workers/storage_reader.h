#pragma once
// A few threads that block on the disk so that actors do not: a job reads and then sends the answer
// to the actor that asked. The queue is bounded by what asks: admitted runs and open fan-outs.
//
// Whoever submits sees to it that its job answers whatever happens (`answer_of` in survive.h); an
// exception that leaves a job all the same is logged and costs that job alone.

#include "runtime/base/log.h"
#include "storage/group_commit.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

class StorageReader {
 public:
  StorageReader(std::size_t threads, storage::GroupCommit& commits, LogSink log);
  ~StorageReader() { stop(); }
  /// Finishes the running jobs; drops the waiting and all later ones (what they would load stays on
  /// disk). Jobs of `after_commits` come here as long as group commit has something to answer: that must
  /// have ended before this is destroyed.
  void stop();

  void submit(std::function<void()> job);
  /// The job begins when everything of the project's runs that was submitted to group commit by now is on the disk,
  /// or is lost; it is told which. Until then it costs no thread: the commit thread queues it.
  void after_commits(const ProjectId& project, std::function<void(const Outcome& durable)> job);

 private:
  void run();

  storage::GroupCommit& commits_;
  const LogSink log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
