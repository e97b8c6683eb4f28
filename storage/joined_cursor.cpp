#include "storage/joined_cursor.h"

#include "runtime/base/check.h"
#include "storage/keys.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace millrace::storage {
namespace {

/// The part that both ways of joining have in common: limits, and errors that end the walk.
class JoinedCursor : public Cursor {
 public:
  JoinedCursor(std::vector<KeyRange> ranges, const ManyOptions& options, OpenRange open)
      : ranges_(std::move(ranges)), options_(options), open_(std::move(open)) {}

  bool valid() const final { return current_ != nullptr; }
  std::string_view key() const final { return current().key(); }
  std::string_view value() const final { return current().value(); }
  Outcome status() const final { return failure_ ? Outcome(*failure_) : Done{}; }

 protected:
  const Cursor& current() const {
    CHECK(valid(), "a cursor past its end has no row");
    return *current_;
  }
  /// The cursor of a range if it has a row; a range that cannot be read fails the walk.
  std::unique_ptr<Cursor> open(const KeyRange& range) {
    const KeyBounds bounds = bounds_of(range);
    if (bounds.lower >= bounds.upper || options_.limit_each == 0) return nullptr;
    auto cursor = open_(bounds);
    return has_row(*cursor) ? std::move(cursor) : nullptr;
  }
  bool has_row(const Cursor& cursor) {
    if (cursor.valid()) return true;
    if (const Outcome read = cursor.status(); !read.ok()) failure_ = read.error();
    return false;
  }

  const std::vector<KeyRange> ranges_;
  const ManyOptions options_;
  const OpenRange open_;
  Cursor* current_ = nullptr;  // null: past the end, or failed
  std::size_t taken_ = 0;      // rows that the walk has shown, the current one too
  std::optional<Error> failure_;
};

/// Ranges are opened when the walk comes to them: one cursor is open at a time.
class ChainedCursor final : public JoinedCursor {
 public:
  ChainedCursor(std::vector<KeyRange> ranges, const ManyOptions& options, OpenRange open)
      : JoinedCursor(std::move(ranges), options, std::move(open)) {
    settle();
  }

  void next() override {
    CHECK(valid(), "a cursor past its end cannot move");
    range_->next();
    if (taken_of_range_ == options_.limit_each || !has_row(*range_)) range_.reset();
    settle();
  }

 private:
  /// Goes on to the next range that has a row, if the current one has none left.
  void settle() {
    current_ = nullptr;
    if (failure_ || taken_ == options_.limit) return;
    while (range_ == nullptr && next_ < ranges_.size() && !failure_) {
      range_ = JoinedCursor::open(ranges_[next_++]);
      taken_of_range_ = 0;
    }
    if (range_ == nullptr) return;
    current_ = range_.get();
    ++taken_;
    ++taken_of_range_;
  }

  std::unique_ptr<Cursor> range_;
  std::size_t next_ = 0;
  std::size_t taken_of_range_ = 0;
};

/// A heap of the ranges' cursors, by the tail of the row that each is at.
class MergedCursor final : public JoinedCursor {
 private:
  struct Source {
    std::unique_ptr<Cursor> cursor;
    std::string_view tail;  // of the cursor's row: valid until the cursor moves
    std::size_t range = 0;
    std::size_t taken = 0;
  };

  std::string_view tail_of(const Source& source) const {
    return source.cursor->key().substr(ranges_[source.range].prefix.size());
  }

  bool comes_later(const Source& a, const Source& b) const {
    const int order = a.tail.compare(b.tail);
    if (order == 0) return a.range > b.range;
    return (order > 0) == (options_.direction == Direction::forward);
  }
  auto later() const {
    return [this](const Source& a, const Source& b) { return comes_later(a, b); };
  }

 public:
  MergedCursor(std::vector<KeyRange> ranges, const ManyOptions& options, OpenRange open)
      : JoinedCursor(std::move(ranges), options, std::move(open)) {
    for (std::size_t i = 0; i < ranges_.size() && !failure_; ++i) {
      if (auto cursor = JoinedCursor::open(ranges_[i])) {
        heap_.push_back({std::move(cursor), {}, i, 1});
        heap_.back().tail = tail_of(heap_.back());
      }
    }
    std::make_heap(heap_.begin(), heap_.end(), later());
    settle();
  }

  void next() override {
    CHECK(valid(), "a cursor past its end cannot move");
    Source& first = heap_.front();
    first.cursor->next();
    if (first.taken == options_.limit_each || !has_row(*first.cursor)) {
      std::swap(first, heap_.back());
      heap_.pop_back();
    } else {
      ++first.taken;
      first.tail = tail_of(first);
    }
    sink();
    settle();
  }

 private:
  /// Puts the top, whose row has changed, to its place. Not pop and push: neighbouring rows of one range
  /// are frequent, and then this is two comparisons instead of two walks through the heap.
  void sink() {
    for (std::size_t at = 0;;) {
      std::size_t first = 2 * at + 1;
      if (first >= heap_.size()) return;
      if (first + 1 < heap_.size() && comes_later(heap_[first], heap_[first + 1])) ++first;
      if (!comes_later(heap_[at], heap_[first])) return;
      std::swap(heap_[at], heap_[first]);
      at = first;
    }
  }

  void settle() {
    current_ = nullptr;
    if (failure_ || heap_.empty() || taken_ == options_.limit) return;
    current_ = heap_.front().cursor.get();
    ++taken_;
  }

  std::vector<Source> heap_;
};

}  // namespace

KeyBounds bounds_of(const KeyRange& range) {
  KeyBounds bounds{range.prefix, keys::end_of_prefix(range.prefix)};
  if (range.from > bounds.lower) bounds.lower = range.from;
  if (!range.until.empty() && range.until < bounds.upper) bounds.upper = range.until;
  return bounds;
}

std::unique_ptr<Cursor> join_ranges(std::vector<KeyRange> ranges, const ManyOptions& options,
                                    OpenRange open) {
  if (options.order == ManyOptions::Order::by_tail) {
    return std::make_unique<MergedCursor>(std::move(ranges), options, std::move(open));
  }
  return std::make_unique<ChainedCursor>(std::move(ranges), options, std::move(open));
}

}  // namespace millrace::storage
