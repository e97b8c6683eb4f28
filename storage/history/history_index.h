#pragma once
// The index of the task history: what answers every list, whatever its filters and wherever its page, and the
// statistics. Per project one run of blocks (history_block.h) on the project's shard, in the lists' order.
// A list adds up the heads of the blocks it covers (one small row for 512 runs), which gives its exact
// total and the block that its page begins in, and looks into the columns of that one. Only a user, or a
// bound that cuts through a block, makes it look at a column of all of them or of that one.
//
// Written behind the runs, never by them: a run pays for the row that says that it changed
// (history_changes.h), and the index folds such changes in, many at a time, in one commit that also
// removes their rows. So it is a view that a crash leaves whole and a little behind, and knows by how much. Readers
// fold what waits before they read: what was acknowledged is in the list.
//
// A project whose runs are older than the index is filled in steps (`fold`), and until then is not
// `is_ready`: ExecutionTable::history answers in the meantime. A damaged index is dropped and filled anew.
//
// Thread-safe; readers of a project do not wait for each other, only for a fold of their own stripe of
// projects. Blocks on the disk.

#include "storage/group_commit.h"
#include "storage/history/history_changes.h"
#include "storage/tables/execution_table.h"

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

namespace millrace::storage {

class HistoryIndex {
 public:
  using Fences = std::function<Result<Fence>(ShardId)>;
  using Commit = std::function<Outcome(const ProjectId&, WriteBatch)>;

  /// `commit` is told to `changes`, too, if it writes history rows.
  HistoryIndex(const OrderedStore& store, HistoryChanges& changes, Fences fences, Commit commit)
      : store_(store), changes_(changes), fences_(std::move(fences)), commit_(std::move(commit)) {}

  /// One step: fills, or folds up to limits::history_fold_max changes. True if more is to be done for the project.
  Result<bool> fold(const ProjectId& project);
  /// Folds what waits when it is called, so that what was acknowledged before is in the index. False: the
  /// project is not ready. An error leaves the changes waiting.
  Result<bool> catch_up(const ProjectId& project);
  /// The index of the project is damaged: it is filled anew.
  Outcome forget(const ProjectId& project);
  struct Waiting {
    ProjectId project;
    std::size_t changes = 0;
    bool is_unfilled = false;
  };
  /// The projects that have something to be folded or filled.
  std::vector<Waiting> waiting() const;
  /// Reads back change rows that are not in memory, if there are any.
  Outcome reload();

  using Held = std::shared_lock<std::shared_mutex>;
  /// For whoever reads: while it is held, the project's blocks stay as they are. Nothing: it is not ready.
  Result<std::optional<Held>> hold(const ProjectId& project) const;

 private:
  struct State {
    bool is_filled = false;
    std::string filled_to;  // the order of the last run, while it is filled
  };
  /// The block that a run belongs to, and where the next one begins.
  struct Place {
    std::optional<HistoryOrder> first;  // nothing: there is no block yet
    std::optional<HistoryOrder> next;
  };
  using Latest = std::map<HistoryOrder, HistoryChange>;

  std::shared_mutex& stripe(const ProjectId& project) const;
  Result<State> state(const ProjectId& project) const;
  static void put_state(WriteBatch& batch, const ProjectId& project, const State& state);
  Result<WriteBatch> begin(const ProjectId& project) const;

  Result<bool> fill(const ProjectId& project, State state);
  Result<bool> fold_changes(const ProjectId& project);
  Outcome apply(const ProjectId& project, const std::vector<HistoryChangeSet>& sets);
  Outcome drop(const ProjectId& project);

  Result<Place> place_of(const ProjectId& project, const HistoryOrder& order) const;
  Result<HistoryBlock> load(const ProjectId& project, const HistoryOrder& first) const;
  Result<HistoryBlock::Changed> change(const ProjectId& project, HistoryBlock& block,
                                       const HistoryChange& change) const;

  const OrderedStore& store_;
  HistoryChanges& changes_;
  const Fences fences_;
  const Commit commit_;
  mutable std::array<std::shared_mutex, 64> stripes_;
  mutable std::mutex mutex_;      // guards what follows
  std::set<ProjectId> unfilled_;  // that somebody has asked for
};

}  // namespace millrace::storage
