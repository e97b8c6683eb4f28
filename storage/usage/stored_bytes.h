#pragma once
// How many bytes each project keeps, exactly: what its rows' keys and values have, as they are given to the store
// (before compression; what files and journals take is in it, see keys::owner_of). It follows group commit: the
// commit that changes rows also changes their counts, so the two agree whatever moment a crash chooses. There is
// one row for each project and shard, and one for each execution, which makes erasing one a single subtraction.
//
//   a commit's rows ──► BatchReckoning ──► + a row for each execution, + one for each (shard, project)
//
// A run that begins and ends in one commit costs these two rows and no read. Runs that go on cost the look at the
// rows that they replace, which are in memory as a rule (`reads` tells).
//
// What was stored before there were counts, or by a program that did not keep them, is counted in steps
// (`count_on`), each of them a commit: up to a key everything is counted, behind it nothing, and what changes there
// is left to the step that comes by. So is a shard of which a row could not be read: its counts are given up and
// made anew.
//
// Totals are of the last durable commit. Thread-safe.

#include "runtime/base/recent_map.h"
#include "storage/commit_follower.h"
#include "storage/group_commit.h"
#include "storage/usage/batch_reckoning.h"
#include "storage/usage/usage_limits.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::storage {

struct StoredBytesOptions {
  std::size_t step_rows = limits::stored_bytes_step_rows;
  std::size_t step_bytes = limits::stored_bytes_step_bytes;
  std::size_t first_steps = limits::stored_bytes_first_steps;
};

struct StoredBytesStats {
  std::uint64_t reads = 0;  // rows that were read to know their size
  std::size_t uncounted_shards = 0;
};

class StoredBytes final : public CommitFollower {
 public:
  using Options = StoredBytesOptions;

  explicit StoredBytes(const OrderedStore& store, Options options = {})
      : store_(store), options_(options) {}

  /// Finds out what is counted, and counts a store that is small. Call once, before anything is served; `store`
  /// is the one that commits go to. What writes to it without this, before or after, has to
  /// `StoredBytesTable::forget`.
  Outcome open(OrderedStore& store, std::span<const Fence> owned);

  void before(WriteBatch& batch) override;
  void after(const Outcome& outcome) override;

  /// Has the commit of this batch, which has the shard's fence, count some more rows of it.
  static void count_on(WriteBatch& batch, ShardId shard);
  /// Shards that are not counted wholly, the lowest first.
  std::vector<ShardId> uncounted(std::size_t most) const;
  bool is_counted() const { return uncounted_ == 0; }

  /// Blocks for the commit that is under way when the project was not asked for lately, and never again for as long
  /// as it is. Not for actors, nor from a commit's callback. While the store is not counted it is what was counted
  /// so far. Errors: those of the store.
  Result<std::uint64_t> total(const ProjectId& project, GroupCommit& commits);

  StoredBytesStats stats() const { return {reads_, uncounted_}; }

 private:
  /// What the commit that is under way will have changed.
  struct InFlight {
    std::vector<std::pair<std::string, std::uint64_t>> sums;
    std::vector<std::pair<ProjectId, std::int64_t>> projects;
    std::vector<ShardId> given_up;
    bool moves_states = false;
  };
  /// What the steps of one commit may still read.
  struct StepRoom {
    std::size_t rows;
    std::size_t bytes;
  };

  void put_counts(const BatchReckoning& reckoning, WriteBatch& counts);
  /// Of the shards whose counts are not to be believed, those that the batch may write to begin anew.
  void give_up(const std::vector<Fence>& fences, WriteBatch& counts);
  /// Nothing: it could not be read.
  std::optional<std::uint64_t> sum_of(const std::string& key);
  void read_states();

  void make_steps(const WriteBatch& batch, BatchReckoning& reckoning, WriteBatch& counts);
  /// Counts the shard's next rows, and moves its state behind them.
  void step(ShardId shard, BatchReckoning& reckoning, StepRoom& room);
  void note_uncounted();
  void add_up_wanted();

  const OrderedStore& store_;
  const Options options_;
  const StoredBytesTable table_{store_};

  // Of the commit thread alone.
  CountedShards counted_;
  std::array<std::uint64_t, shard_count> epochs_{};
  bool must_read_states_ = false;
  std::set<ShardId> given_up_;  // until that is on the disk
  RecentMap<std::string, std::uint64_t> sums_{limits::stored_bytes_sums_held};
  InFlight in_flight_;

  std::array<std::atomic<bool>, shard_count> is_uncounted_{};
  std::atomic<std::size_t> uncounted_{0};
  std::atomic<std::uint64_t> reads_{0};

  mutable std::mutex mutex_;  // guards what follows
  RecentMap<ProjectId, std::int64_t> totals_{limits::stored_bytes_totals_held};
  std::set<ProjectId> wanted_;  // that somebody waits for
};

}  // namespace millrace::storage
