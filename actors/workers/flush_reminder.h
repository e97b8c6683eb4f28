#pragma once
// Reminds branches of what has gathered in their journals (FlushDue), a fixed few milliseconds after they
// asked. One thread for the node; as all wait equally long, they wait in one line. A reminder that comes
// too late or for nothing does no harm: the branch looks at its own journal.
//
// Bounded by what asks: one entry for each branch that runs a function, kept for the linger at most.
// Measures with the machine's steady clock, as group commit does: it is company that is waited for, not
// anybody's time.

#include "actors/runs/branch_news.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace millrace {

class FlushReminder {
 public:
  FlushReminder(Millis linger, LogSink log);
  ~FlushReminder() { stop(); }

  /// Any thread; returns at once.
  void remind(std::shared_ptr<BranchMail> mail);
  /// Reminds nobody any more; whoever waits is forgotten.
  void stop();

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    Steady::time_point due;
    std::shared_ptr<BranchMail> mail;
  };

  void run();

  const Millis linger_;
  const LogSink log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> line_;
  bool is_idle_ = false;  // the thread waits to be woken
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
