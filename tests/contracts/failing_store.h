#pragma once
// The store under test as those see it who count on from what it holds.

#include "tests/contracts/stores.h"

#include <atomic>
#include <cstdint>
#include <utility>

namespace millrace::tests {

/// The store under test, whatever object it is at the moment. Commits fail when they are told to: without a trace, or
/// although they were written. So do reads.
class FailingStore final : public storage::OrderedStore {
 public:
  enum class Failure : std::uint8_t { none, nothing_written, all_written };

  explicit FailingStore(StoreUnderTest& store) : store_(store) {}
  void fail_next_commit(Failure failure) { failure_ = failure; }
  void fail_next_get() { fails_get_ = true; }

  Outcome commit(const storage::WriteBatch& batch) override {
    const Failure failure = batch.empty() ? Failure::none : std::exchange(failure_, Failure::none);
    const Error error(ErrorCode::overloaded, "told to fail");
    if (failure == Failure::nothing_written) return error;
    auto outcome = store_->commit(batch);
    return failure == Failure::all_written ? Outcome(error) : outcome;
  }
  Result<std::optional<std::string>> get(std::string_view key) const override {
    if (fails_get_.exchange(false)) return Error(ErrorCode::corrupt_data, "told to fail");
    return store_->get(key);
  }
  std::unique_ptr<storage::Cursor> scan(std::string_view prefix, storage::Direction direction,
                                        std::string_view start_at) const override {
    return store_->scan(prefix, direction, start_at);
  }
  std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange> ranges,
                                             const storage::ManyOptions& options) const override {
    return store_->scan_many(std::move(ranges), options);
  }
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
    return store_->claim(shards);
  }

 private:
  StoreUnderTest& store_;
  Failure failure_ = Failure::none;
  mutable std::atomic<bool> fails_get_{false};
};

}  // namespace millrace::tests
