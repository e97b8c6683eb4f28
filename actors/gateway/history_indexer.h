#pragma once
// Keeps the index of the task history up with the runs: a thread that every `pause` folds in what has changed
// since, or fills what is older than the index, project after project in turn, one bounded step each. A
// list does not depend on it (whoever reads folds first); it keeps what a list has to fold small.
//
// A project that cannot be folded now (a full disk, damage) is tried again after `patience`; the others go on.

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/history/history_index.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace millrace {

struct HistoryIndexerOptions {
  Millis pause{500};
  Millis patience{30'000};
};

class HistoryIndexer {
 public:
  using Options = HistoryIndexerOptions;

  /// Begins at once; all outlive this.
  HistoryIndexer(storage::HistoryIndex& index, Clock& clock, LogSink log, Options options = {});
  /// Ends the thread after the step at hand. What waits is folded after the next start.
  ~HistoryIndexer();
  HistoryIndexer(const HistoryIndexer&) = delete;
  HistoryIndexer& operator=(const HistoryIndexer&) = delete;

 private:
  void run();
  /// One step for each project that waits; true if there is more.
  bool round();
  bool step(const ProjectId& project);
  void complain(const Error& error);
  bool is_stopping() const;

  storage::HistoryIndex& index_;
  Clock& clock_;
  const LogSink log_;
  const Options options_;
  std::map<ProjectId, Instant> resting_;  // of the thread: until when they are left alone
  mutable std::mutex mutex_;              // guards what follows, up to the thread
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
