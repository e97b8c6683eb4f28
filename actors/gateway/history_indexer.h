#pragma once
// Keeps the index of the task history up with the runs: a thread that every `pause` folds in what has changed
// since, or fills what is older than the index, project after project in turn, one bounded step each. A
// list does not depend on it (whoever reads folds first); it keeps what a list has to fold small.
//
// A fold rewrites the last block, some 20 KB, for one change as for a hundred. So the changes of a project wait until
// there are `worth_it` of them, or for `age_max`, or until many wait altogether.
//
// A project that cannot be folded now (a full disk, damage) is tried again after `patience`; the others go on.

#include "actors/workers/stop_sign.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/history/history_index.h"

#include <cstddef>
#include <map>
#include <thread>
#include <vector>

namespace millrace {

struct HistoryIndexerOptions {
  Millis pause{500};
  std::size_t worth_it = 256;
  Millis age_max{20'000};
  std::size_t waiting_max = 20'000;  // of all projects: then every one is folded
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
  using Waiting = std::vector<storage::HistoryIndex::Waiting>;

  /// One step for each project whose time has come; true if there is more.
  bool round();
  bool step(const ProjectId& project);
  /// Forgets the times of projects that do not wait any more.
  void note(const Waiting& waiting);
  void complain(const Error& error);

  storage::HistoryIndex& index_;
  Clock& clock_;
  const LogSink log_;
  const Options options_;
  // Of the thread: since when it sees them wait, and until when they are left alone.
  std::map<ProjectId, Instant> seen_;
  std::map<ProjectId, Instant> resting_;
  StopSign stop_;
  std::thread thread_;
};

}  // namespace millrace
