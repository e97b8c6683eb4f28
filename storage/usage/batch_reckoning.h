#pragma once
// What one commit changes of what projects keep: the difference that each of its operations makes, by project
// and shard. A row's bytes are those of key and value as they are given to the store. So the row that an
// operation replaces or removes has to be known: of a run that begins in the commit there is none, journal pages
// and log entries are written once, a whole execution is known by its own row, and any other row is read.
//
// Operations count in their order: what an earlier one has written is what a later one finds. Rows that are not
// counted yet (CountedShards) are left out: whoever counts them finds them as this commit leaves them.
//
// Used by the commit thread, for one batch; must not outlive it.

#include "storage/keys.h"
#include "storage/ordered_store.h"
#include "storage/tables/stored_bytes_table.h"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::storage {

/// Which rows are counted.
struct CountedShards {
  std::array<CountedShard, shard_count> shards;

  bool contains(std::string_view key) const;
};

class BatchReckoning {
 public:
  BatchReckoning(const OrderedStore& store, const CountedShards& counted)
      : store_(store), counted_(counted) {}

  /// A row is counted that nobody has changed since it was written: those of one execution in the order of their
  /// keys. `continues`: earlier rows of its execution were counted by an earlier commit.
  void count(std::string_view key, std::size_t bytes, bool continues);
  /// Everything that the batch does.
  void add(const WriteBatch& batch);
  /// What has become of the executions is known only now. Call once, last.
  void settle();

  /// By shard, and by project as it stands in keys.
  using Place = std::pair<ShardId, std::string_view>;
  const std::map<Place, std::int64_t>& changes() const { return changes_; }
  struct Execution {
    ExecutionId id;
    std::uint64_t bytes = 0;
  };
  /// The bytes that executions have from now on.
  const std::vector<Execution>& executions() const { return settled_; }
  /// Shards of which a row could not be read: what is here of them is not to be believed.
  const std::set<ShardId>& unknown() const { return unknown_; }
  /// Rows that were read to know their size.
  std::size_t reads() const { return reads_; }

 private:
  /// What a row has behind an operation of the batch.
  struct Written {
    std::uint64_t bytes = 0;
    std::size_t at = 0;
  };
  struct Run {
    std::string_view project{};
    bool is_begun_here = false;
    bool is_read = false;  // `before` is known
    std::uint64_t before = 0;
    std::int64_t difference = 0;
    std::size_t erased_at = 0;  // 0: it is not; operations count from 1
  };
  using Runs = std::unordered_map<ExecutionId, Run>;

  void look_ahead(const WriteBatch& batch);
  void change(std::string_view key, std::uint64_t bytes);
  void change(std::string_view key, const keys::RowOwner& owner, std::uint64_t before,
              std::uint64_t bytes);
  void erase(const ExecutionId& id, std::string_view prefix);
  void remove_range(std::string_view prefix);
  /// The run that a row is of, its line in the history included; null: it is of none, or of one that is not here.
  const Run* run_of(std::string_view key, const keys::RowOwner& owner) const;
  std::uint64_t bytes_before(std::string_view key, const keys::RowOwner& owner);
  bool is_removed_here(std::string_view key) const;
  std::uint64_t read(std::string_view key);
  void note_history_row(std::string_view key, const keys::RowOwner& owner);
  /// What the execution had before this batch.
  void read_bytes(const ExecutionId& id, Run& run);
  /// Whose execution it is; empty: nobody's.
  std::string_view project_of(const ExecutionId& id, const Run& run);
  std::string_view keep(std::string text);

  const OrderedStore& store_;
  const CountedShards& counted_;
  std::size_t at_ = 0;  // the operation at hand
  bool has_ranges_ = false;
  std::vector<std::string_view> ranges_;  // that were removed
  std::unordered_map<std::string_view, Written> rows_;
  Runs runs_;
  std::map<Place, std::int64_t> changes_;
  std::vector<Execution> settled_;
  std::set<ShardId> unknown_;
  std::size_t reads_ = 0;
  std::deque<std::string> kept_;  // what keys lie in that are in no batch
};

}  // namespace millrace::storage
