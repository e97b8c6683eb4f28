#pragma once
// Work that wakes bring, and that takes long: it reads and writes the disk, and is done in parts with pauses in
// between. A few threads do it, each target by one thread at a time, so that neither the timer service nor an
// actor ever waits. Targets are known by their keys; of one that is known, a further wake is served when it is
// through with the one at hand.
//
// What is dropped (there are too many, or an exception) is not lost: its row stays, and is fired again.

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/wake_table.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace millrace {

class WakeWork {
 public:
  /// Does one part of the work, on one of the threads. When to go on; nothing: it is through.
  using Serve = std::function<std::optional<Instant>(const storage::WakeRow&)>;

  WakeWork(std::size_t threads, std::size_t held_max, Clock& clock, LogSink log, Serve serve);
  ~WakeWork() { stop(); }
  /// Ends behind the parts at hand.
  void stop();

  /// Any thread; returns at once.
  void wake(const storage::WakeRow& wake);

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Target {
    storage::WakeRow wake;
    std::optional<storage::WakeRow> next;  // came meanwhile
  };

  void run();
  void serve_next(Lock& lock);
  void settle(const std::string& key, std::optional<Instant> again);

  const std::size_t held_max_;
  Clock& clock_;
  const LogSink log_;
  const Serve serve_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::string, Target> targets_;
  std::set<std::pair<Instant, std::string>> due_;  // those that no thread serves now
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
