#pragma once
// A store that counts what it is asked to read. Thread-safe.

#include "storage/ordered_store.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

class CountingStore final : public storage::OrderedStore {
 public:
  explicit CountingStore(storage::OrderedStore& store) : store_(store) {}

  std::uint64_t reads() const { return reads_; }
  /// What `action` reads.
  template <class Action>
  std::uint64_t reads_of(Action action) const {
    const std::uint64_t before = reads_;
    action();
    return reads_ - before;
  }

  /// Of the walks over many ranges since the last question: how many rows the store was allowed to read for them.
  std::size_t take_rows_allowed() { return rows_allowed_.exchange(0); }

  Outcome commit(const storage::WriteBatch& batch) override { return store_.commit(batch); }
  Result<std::optional<std::string>> get(std::string_view key) const override {
    ++reads_;
    return store_.get(key);
  }
  std::unique_ptr<storage::Cursor> scan(std::string_view prefix, storage::Direction direction,
                                        std::string_view start_at) const override {
    ++reads_;
    return store_.scan(prefix, direction, start_at);
  }
  std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange> ranges,
                                             const storage::ManyOptions& options) const override {
    ++reads_;
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    const std::size_t before = rows_allowed_;
    rows_allowed_ = options.limit > most - before ? most : before + options.limit;
    return store_.scan_many(std::move(ranges), options);
  }
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
    return store_.claim(shards);
  }

 private:
  storage::OrderedStore& store_;
  mutable std::atomic<std::uint64_t> reads_{0};
  mutable std::atomic<std::size_t> rows_allowed_{0};
};

}  // namespace millrace
