#pragma once
// Cursor over a RocksDB iterator. Includes RocksDB: for storage/rocks alone.

#include "storage/ordered_store.h"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::storage {

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::shared_ptr<rocksdb::DB> database, std::string_view prefix, Direction direction,
              std::string_view start_at);

  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override;
  std::string_view value() const override;
  void next() override;
  Outcome status() const override;

 private:
  // The iterator refers to the database and to the bounds: they are declared before it, and the
  // cursor does not move.
  const std::shared_ptr<rocksdb::DB> database_;
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
