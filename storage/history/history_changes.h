#pragma once
// Which runs of the task history have changed since they were last indexed. It follows group commit: every
// commit that writes or removes history rows gets one more row for each of their projects (kind
// `history_change`), which names those runs. So what the index has missed is on the disk with what it has
// missed of, whatever moment a crash chooses; and a run costs 24 bytes of a row that it shares with all
// runs of its commit.
//
// While the process lives nobody reads those rows: what they say waits in memory too, with the history rows
// themselves, until the index takes it. After a start, or when more than limits::history_pending_max
// waited, they are read back (`reload`).
//
// A change row is written once, under a number that is never used again (the epoch of its shard, and a
// count): removing it removes nothing that was written since. And what is taken may be older than what is
// stored, but then the newer change waits behind it: the index ends right.
//
// Thread-safe.

#include "storage/commit_follower.h"
#include "storage/history/history_block.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace millrace::storage {

/// A run whose history row was written or removed.
struct HistoryChange {
  enum class Known : std::uint8_t { row, removed, nothing };

  HistoryOrder order{};
  Known known = Known::nothing;  // nothing: the row is to be read
  std::string row;
};

/// What one commit changed of one project.
struct HistoryChangeSet {
  std::string key;  // of its change row
  std::vector<HistoryChange> changes;
};

class HistoryChanges final : public CommitFollower {
 public:
  void before(WriteBatch& batch) override;
  void after(const Outcome& outcome) override;

  /// The oldest sets of the project: as many as have `most` changes together, but at least one if any.
  std::vector<HistoryChangeSet> take(const ProjectId& project, std::size_t most);
  /// They could not be indexed: they come first again.
  void give_back(const ProjectId& project, std::vector<HistoryChangeSet> sets);

  /// Those that have changes waiting, and how many.
  std::vector<std::pair<ProjectId, std::size_t>> projects() const;
  std::size_t waiting(const ProjectId& project) const;
  std::size_t waiting() const { return waiting_; }

  /// There are change rows that are not in memory: nobody knows of which projects. So it is until the first
  /// `reload`.
  bool is_incomplete() const { return is_incomplete_; }
  /// Reads them, as many as there is room for. Blocks; not beside another `reload`.
  Outcome reload(const OrderedStore& store);

 private:
  struct InFlight {
    ProjectId project;
    HistoryChangeSet set;
  };

  void keep(ProjectId project, HistoryChangeSet set);

  // Of the commit thread alone.
  std::vector<InFlight> in_flight_;
  std::uint64_t number_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  struct Pending {
    std::deque<HistoryChangeSet> sets;
    std::size_t changes = 0;
  };
  std::map<ProjectId, Pending> pending_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> is_incomplete_{true};
};

}  // namespace millrace::storage
