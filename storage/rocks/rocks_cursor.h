#pragma once
// Cursor over a RocksDB iterator. Includes RocksDB: for storage/rocks alone.

#include "storage/joined_cursor.h"
#include "storage/ordered_store.h"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::storage {

/// One view that several cursors share. Holds the database: a snapshot must not outlive it.
class RocksView {
 public:
  explicit RocksView(std::shared_ptr<rocksdb::DB> database)
      : database_(std::move(database)), snapshot_(database_->GetSnapshot()) {}
  ~RocksView() { database_->ReleaseSnapshot(snapshot_); }
  RocksView(const RocksView&) = delete;
  RocksView& operator=(const RocksView&) = delete;

  rocksdb::DB& database() const { return *database_; }
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  const std::shared_ptr<rocksdb::DB> database_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksCursor final : public Cursor {
 public:
  /// Over the rows as they are now.
  RocksCursor(std::shared_ptr<rocksdb::DB> database, KeyBounds bounds, Direction direction,
              std::string_view start_at);
  /// Over a view, from its end.
  RocksCursor(std::shared_ptr<const RocksView> view, KeyBounds bounds, Direction direction);

  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override;
  std::string_view value() const override;
  void next() override;
  Outcome status() const override;

 private:
  void open(rocksdb::DB& database, const rocksdb::Snapshot* snapshot, std::string_view start_at);

  // The iterator refers to the database and to the bounds: they are declared before it, and the
  // cursor does not move.
  const std::shared_ptr<const void> database_;  // or the view that holds it
  const std::string begin_;
  const std::string end_;
  const rocksdb::Slice lower_;
  const rocksdb::Slice upper_;
  const Direction direction_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

/// Stands for a cursor where there is no database to read.
class FailedCursor final : public Cursor {
 public:
  explicit FailedCursor(Error error) : error_(std::move(error)) {}

  bool valid() const override { return false; }
  std::string_view key() const override;
  std::string_view value() const override;
  void next() override;
  Outcome status() const override { return error_; }

 private:
  const Error error_;
};

}  // namespace millrace::storage
