#include "storage/rocks/rocks_cursor.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/rocks/rocks_status.h"

namespace millrace::storage {
namespace {

std::string_view view_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

RocksCursor::RocksCursor(std::shared_ptr<rocksdb::DB> database, KeyBounds bounds,
                         Direction direction, std::string_view start_at)
    : database_(database),
      begin_(std::move(bounds.lower)),
      end_(std::move(bounds.upper)),
      lower_(begin_),
      upper_(end_),
      direction_(direction) {
  open(*database, nullptr, start_at);
}

RocksCursor::RocksCursor(std::shared_ptr<const RocksView> view, KeyBounds bounds,
                         Direction direction)
    : database_(view),
      begin_(std::move(bounds.lower)),
      end_(std::move(bounds.upper)),
      lower_(begin_),
      upper_(end_),
      direction_(direction) {
  open(view->database(), view->snapshot(), {});
}

void RocksCursor::open(rocksdb::DB& database, const rocksdb::Snapshot* snapshot,
                       std::string_view start_at) {
  CHECK(begin_ < end_, "a cursor over no keys would read whatever is there");
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_lower_bound = &lower_;
  options.iterate_upper_bound = &upper_;
  iterator_.reset(database.NewIterator(options));
  // The bounds hold for seeks as well: a start outside of them begins at the nearer one.
  const rocksdb::Slice start(start_at.data(), start_at.size());
  if (direction_ == Direction::forward) {
    start_at.empty() ? iterator_->SeekToFirst() : iterator_->Seek(start);
  } else {
    start_at.empty() ? iterator_->SeekToLast() : iterator_->SeekForPrev(start);
  }
}

std::string_view RocksCursor::key() const {
  CHECK(valid(), "a cursor past its end has no key");
  return view_of(iterator_->key());
}

std::string_view RocksCursor::value() const {
  CHECK(valid(), "a cursor past its end has no value");
  return view_of(iterator_->value());
}

void RocksCursor::next() {
  CHECK(valid(), "a cursor past its end cannot move");
  direction_ == Direction::forward ? iterator_->Next() : iterator_->Prev();
}

Outcome RocksCursor::status() const {
  const rocksdb::Status status = iterator_->status();
  if (status.ok()) return Done{};
  return error_of(status, "Reading a range of rows");
}

std::string_view FailedCursor::key() const { CHECK(false, "a failed cursor has no key"); }

std::string_view FailedCursor::value() const { CHECK(false, "a failed cursor has no value"); }

void FailedCursor::next() { CHECK(false, "a failed cursor cannot move"); }

}  // namespace millrace::storage
