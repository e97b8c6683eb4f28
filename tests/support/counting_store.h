#pragma once
// A store that counts what it is asked to read. Thread-safe.

#include "storage/ordered_store.h"

#include <atomic>
#include <cstdint>
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
    return store_.scan_many(std::move(ranges), options);
  }
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
    return store_.claim(shards);
  }

 private:
  storage::OrderedStore& store_;
  mutable std::atomic<std::uint64_t> reads_{0};
};

}  // namespace millrace
