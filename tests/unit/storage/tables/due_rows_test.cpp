// What a walk over everything due does when one shard's rows cannot be read on.

#include "storage/tables/due_rows.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <set>
#include <utility>

namespace millrace::tests {
namespace {

using storage::DueRow;
using storage::WakeRow;
using storage::WakeTarget;

/// Ends, with an error, where the rows of one shard begin.
class CursorToDamage final : public storage::Cursor {
 public:
  CursorToDamage(std::unique_ptr<storage::Cursor> rows, Error error, std::string damaged)
      : rows_(std::move(rows)), error_(std::move(error)), damaged_(std::move(damaged)) {}

  bool valid() const override { return rows_->valid() && !is_at_damage(); }
  std::string_view key() const override { return rows_->key(); }
  std::string_view value() const override { return rows_->value(); }
  void next() override { rows_->next(); }
  Outcome status() const override { return is_at_damage() ? Outcome(error_) : rows_->status(); }

 private:
  bool is_at_damage() const { return rows_->valid() && rows_->key().starts_with(damaged_); }

  std::unique_ptr<storage::Cursor> rows_;
  Error error_;
  std::string damaged_;
};

/// The rows of shard 5 cannot be read.
class DamagedStore final : public storage::OrderedStore {
 public:
  explicit DamagedStore(ErrorCode code) : code_(code) {}

  Outcome commit(const storage::WriteBatch& batch) override { return rows_.commit(batch); }
  Result<std::optional<std::string>> get(std::string_view key) const override {
    return rows_.get(key);
  }
  std::unique_ptr<storage::Cursor> scan(std::string_view prefix, storage::Direction direction,
                                        std::string_view start_at) const override {
    return rows_.scan(prefix, direction, start_at);
  }
  std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange> ranges,
                                             const storage::ManyOptions& options) const override {
    return std::make_unique<CursorToDamage>(rows_.scan_many(std::move(ranges), options),
                                            Error(code_, "damaged"),
                                            storage::keys::wakes(ShardId{5}));
  }
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
    return rows_.claim(shards);
  }

 private:
  storage::MemoryStore rows_;
  const ErrorCode code_;
};

void fill(storage::OrderedStore& store) {
  storage::WriteBatch batch;
  for (std::uint16_t shard = 0; shard < 10; ++shard) {
    storage::WakeTable::put(batch, {at(shard), WakeTarget::poll, "target", ShardId{shard}});
  }
  must_commit(store, batch);
}

TEST_CASE("a shard whose rows cannot be read keeps no other shard from being woken", "[due_rows]") {
  DamagedStore store(ErrorCode::corrupt_data);
  fill(store);
  std::set<DueRow> visited;
  const auto outcome = storage::visit_due(store, ShardSet::all(), at(100), [&](const DueRow& row) {
    visited.insert(row);
    return true;
  });
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().code == ErrorCode::corrupt_data);
  CHECK(visited.size() == 9);
  for (const auto& row : visited) CHECK(shard_of(row) != ShardId{5});
}

TEST_CASE("a store that cannot be read at all is asked once and not for every shard",
          "[due_rows]") {
  DamagedStore store(ErrorCode::storage_failed);
  fill(store);
  int visits = 0;
  const auto outcome = storage::visit_due(store, ShardSet::all(), at(100), [&](const DueRow&) {
    ++visits;
    return true;
  });
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().code == ErrorCode::storage_failed);
  CHECK(visits == 5);
}

}  // namespace
}  // namespace millrace::tests
