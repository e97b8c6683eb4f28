#pragma once
// A read-through cache in front of a store, for what every trigger reads and hardly anybody writes: the rows
// that lead from what comes in to whom it is for (`keys::is_lookup`). All other reads go straight through, and
// so do cursors that run backwards or begin in the middle of their range.
//
//   read ── of a lookup ──► remembered, and nothing written since? ──► answered
//        └─ of anything else ─────────────► store                 └──► store, and remembered
//
// It keeps every promise of OrderedStore (tests/contracts runs over it), for a store that this process alone
// writes, through this object. Each shard has a counter of commits that wrote lookups. A reader takes it *before*
// it reads, and what it remembers holds for as long as the counter stands there; a commit moves it before it
// returns. So what was read while a commit was under way is never taken for what came after it.
//
// Bounded by `bytes_max`; what was not used for longest goes first. Ranges of more than `rows_max` rows or
// `range_bytes_max` bytes are not remembered; that they are long is. Thread-safe.

#include "runtime/base/recent_map.h"
#include "storage/ordered_store.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::storage {

struct CachedStoreOptions {
  std::size_t bytes_max = 32 << 20;
  std::size_t rows_max = 16;
  std::size_t range_bytes_max = 8 << 10;
};

struct CachedStoreStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

class CachedStore final : public OrderedStore {
 public:
  explicit CachedStore(std::unique_ptr<OrderedStore> store, CachedStoreOptions options = {});

  Outcome commit(const WriteBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view key) const override;
  std::unique_ptr<Cursor> scan(std::string_view prefix, Direction direction,
                               std::string_view start_at) const override;
  std::unique_ptr<Cursor> scan_many(std::vector<KeyRange> ranges,
                                    const ManyOptions& options) const override;
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override;

  CachedStoreStats stats() const { return {hits_, misses_}; }

 private:
  using Row = std::pair<std::string, std::string>;
  /// What a read has found; null: more than is remembered.
  using SharedRows = std::shared_ptr<const std::vector<Row>>;
  struct Entry {
    std::uint64_t written;  // the shard's counter when it was read
    SharedRows rows;
  };
  /// A part of what is remembered, so that readers seldom wait for each other.
  struct Stripe {
    explicit Stripe(RecentMapLimits limits) : entries(limits) {}
    std::mutex mutex;  // guards what follows
    RecentMap<std::string, Entry> entries;
  };
  class RowsCursor;

  static constexpr std::size_t stripes = 16;

  std::optional<Entry> find(const std::string& read) const;
  void remember(const std::string& read, Entry entry) const;
  Stripe& stripe_of(const std::string& read) const;
  std::atomic<std::uint64_t>& written(std::string_view key) const;
  void note_written(const WriteBatch& batch);

  const std::unique_ptr<OrderedStore> store_;
  const CachedStoreOptions options_;
  mutable std::deque<Stripe> stripes_;
  mutable std::array<std::atomic<std::uint64_t>, shard_count> written_{};
  mutable std::atomic<std::uint64_t> hits_{0};
  mutable std::atomic<std::uint64_t> misses_{0};
};

}  // namespace millrace::storage
