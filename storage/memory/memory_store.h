#pragma once
// The ordered store in memory, for tests and `--in-memory`. It keeps every promise of OrderedStore
// except durability: the rows end with the object.
//
// Cursors see the rows as they were when the cursor was made (those of one scan_many as they were at one
// moment). To that end a row keeps its older versions for as long as a cursor may ask for them; walking
// copies nothing.

#include "storage/ordered_store.h"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

class MemoryStore final : public OrderedStore {
 public:
  Outcome commit(const WriteBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view key) const override;
  std::unique_ptr<Cursor> scan(std::string_view prefix, Direction direction,
                               std::string_view start_at) const override;
  std::unique_ptr<Cursor> scan_many(std::vector<KeyRange> ranges,
                                    const ManyOptions& options) const override;
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override;

  /// For tests: the next `count` commits that have operations change nothing and return `code`
  /// (storage_failed or overloaded).
  void fail_next_commits(std::size_t count, ErrorCode code);
  /// For tests: from now on every commit, an empty one too, changes nothing and returns `code`, as on a
  /// full disk; nothing: the disk is well again.
  void fail_commits(std::optional<ErrorCode> code);
  /// Commits with operations that succeeded.
  std::size_t commit_count() const;

 private:
  class View;
  class RangeCursor;

  struct Version {
    std::uint64_t commit;                      // the one that wrote it
    std::shared_ptr<const std::string> value;  // null: the row was removed
  };
  using Rows = std::map<std::string, std::vector<Version>, std::less<>>;

  void write(const std::string& key, std::shared_ptr<const std::string> value);
  void write(Rows::iterator row, std::shared_ptr<const std::string> value);
  void remove_prefix(const std::string& prefix);
  bool is_current(const Fence& fence) const;

  /// The value that a view of `commit` sees; null if there is none.
  static const Version* visible(const std::vector<Version>& versions, std::uint64_t commit);
  /// Forgets versions that no open view can see; returns the row behind this one.
  Rows::iterator trim(Rows::iterator row) const;
  std::uint64_t open_view() const;
  void close_view(std::uint64_t commit) const;

  mutable std::shared_mutex mutex_;  // guards everything below
  // Mutable, as closing a cursor forgets old versions; what a reader sees does not change by it.
  mutable Rows rows_;
  mutable std::multiset<std::uint64_t> views_;  // the commit each open view sees
  mutable std::set<std::string> untrimmed_;     // rows that keep versions only for open cursors
  std::uint64_t last_commit_ = 0;
  std::size_t commit_count_ = 0;
  std::array<std::uint64_t, shard_count> epochs_{};
  std::size_t failures_left_ = 0;
  ErrorCode failure_ = ErrorCode::storage_failed;
  std::optional<ErrorCode> failing_with_;
};

}  // namespace millrace::storage
