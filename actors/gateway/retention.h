#pragma once
// Removes what is older than it is kept: of each project the runs that ended more than `retentionDays` ago, with
// everything in them, and entries of the event log and of the audit log. Runs that go on or sleep are never removed,
// however long ago they began.
//
// One thread goes round the shards that the node owns: a round every `round`, each in steps of bounded rows and
// bytes, one commit a step. It remembers nothing: what is old is found by its rows, and a crash, or a shard that
// moves, costs a repetition of looks. A step is followed by a pause, several times as long as the step took: when
// others keep the machine busy, steps take longer, and so do the pauses. A commit holds the fence of its shard.
//
// What is old is decided by the clock and the settings at the beginning of a round. Where the store keeps removed
// rows for a while, it is asked behind a round to let them go (`reclaim`); also when nothing was old, but somebody was
// erased meanwhile (`note_erased`). So that is at most once a round, however many are erased.
//
// Created by compose, lives as long as the server; its destructor ends the thread behind the step at hand.

#include "actors/tenants/fenced_commits.h"
#include "actors/workers/stop_sign.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/projects/project_settings.h"
#include "storage/tables/aged_rows.h"
#include "storage/tables/project_table.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>

namespace millrace {

struct RetentionOptions {
  Millis first{10'000};         // from the start to the first round: runs are recovered before
  Millis round{600'000};        // from the end of one to the next
  Millis pause{5};              // behind a step, at least
  std::size_t pause_share = 3;  // and so many times as long as the step took
  // Of a step:
  std::size_t looked_at_max = 2'000;
  std::size_t removals_max = 250;
  std::size_t bytes_max = 4u << 20;  // of the rows that it reads to remove them
};

/// Counted since the start; any thread reads them.
struct RetentionStats {
  std::atomic<std::uint64_t> runs{0};     // removed
  std::atomic<std::uint64_t> bytes{0};    // of their rows; of large runs only what was read
  std::atomic<std::uint64_t> entries{0};  // of logs, removed
  /// How long ago the oldest run of the last step should have been removed; 0 behind a whole round.
  std::atomic<std::int64_t> lag_seconds{0};
  std::atomic<std::uint64_t> rounds{0};
};

class Retention {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    const ShardOwnership& ownership;
    Clock& clock;
    LogSink log;
    /// Removes what is remembered too long of what came in on the shard. May be empty.
    std::function<void(ShardId)> clear_received{};
    /// Lets removed rows leave the disk, those of the shards in `erased` in any case; returns early when the flag
    /// becomes true. May be empty.
    std::function<Outcome(std::atomic<bool>& stop, std::span<const ShardId> erased)> reclaim{};
  };
  explicit Retention(Dependencies dependencies, RetentionOptions options = {});
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  /// Rows of these shards were removed that are not to stay on the disk: they go behind the next round, or the one at
  /// hand. Thread-safe. A stop before that leaves it to the store, which rewrites its files as it goes on.
  void note_erased(std::span<const ShardId> shards);

  const RetentionStats& stats() const { return stats_; }

 private:
  struct Step {
    storage::AgedPiece piece;
    bool has_removed = false;
  };
  using Do = std::function<Result<Step>(std::string walked_to)>;

  void run();
  void round();
  void clear(ShardId shard);
  void reclaim();
  /// Step after step, with pauses.
  void walk(const Do& step);
  Result<Step> remove_runs(ShardId shard, std::string walked_to);
  Result<Step> remove_entries(ShardId shard, storage::AgedLog log, Millis kept_for,
                              std::string walked_to);
  Result<std::optional<Instant>> horizon(const ProjectId& project);
  void note_problem(const Error& error);

  const Dependencies dependencies_;
  const RetentionOptions options_;
  const storage::ProjectTable projects_;
  RetentionStats stats_;
  // Of the thread, of the round at hand:
  Instant began_{};
  std::map<ProjectId, std::optional<Instant>> horizons_;
  std::optional<Error> problem_;
  bool has_removed_ = false;

  std::mutex mutex_;  // guards what follows
  std::set<ShardId> erased_;
  StopSign stop_;
  std::thread thread_;
};

}  // namespace millrace
