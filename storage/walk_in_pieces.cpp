#include "storage/walk_in_pieces.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::size_t growth = 8;

class PiecesCursor final : public Cursor {
 public:
  PiecesCursor(const OrderedStore& store, std::vector<KeyRange> ranges, std::size_t first,
               ManyOptions::Order order, Direction direction)
      : store_(store), ranges_(std::move(ranges)) {
    CHECK(first > 0, "a walk without rows is none");
    options_.order = order;
    options_.direction = direction;
    options_.limit = first;
    piece_ = store_.scan_many(ranges_, options_);
  }

  bool valid() const override { return piece_->valid(); }
  std::string_view key() const override { return piece_->key(); }
  std::string_view value() const override { return piece_->value(); }
  Outcome status() const override { return piece_->status(); }

  void next() override {
    CHECK(valid(), "a cursor past its end cannot move");
    if (++passed_ < options_.limit) return piece_->next();
    leave_behind(std::string(piece_->key()));
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    options_.limit = options_.limit > most / growth ? most : options_.limit * growth;
    passed_ = 0;
    piece_.reset();  // first: a connection may go with it
    piece_ = store_.scan_many(ranges_, options_);
  }

 private:
  /// Cuts off what the walk has passed, up to the row with this key.
  void leave_behind(const std::string& key) {
    const std::size_t last = range_of(key);
    if (options_.order == ManyOptions::Order::range_by_range) {
      cut(ranges_[last], key, true);
      ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(last));
      return;
    }
    // Of equal tails those of earlier ranges come first, in both directions.
    const std::string tail = key.substr(ranges_[last].prefix.size());
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      cut(ranges_[i], ranges_[i].prefix + tail, i <= last);
    }
  }

  /// Leaves of a range what lies behind `place`, or begins there if the walk has not passed it.
  void cut(KeyRange& range, std::string place, bool is_passed) const {
    const bool is_forward = options_.direction == Direction::forward;
    if (is_passed == is_forward) place.push_back('\0');  // the next key
    if (is_forward) {
      if (place > range.from) range.from = std::move(place);
    } else if (range.until.empty() || place < range.until) {
      range.until = std::move(place);
    }
  }

  std::size_t range_of(std::string_view key) const {
    const auto found = std::find_if(ranges_.begin(), ranges_.end(), [key](const KeyRange& range) {
      return key.starts_with(range.prefix);
    });
    CHECK(found != ranges_.end(), "a row was read that is in no range");
    return static_cast<std::size_t>(found - ranges_.begin());
  }

  const OrderedStore& store_;
  std::vector<KeyRange> ranges_;  // what is left of them
  ManyOptions options_;
  std::unique_ptr<Cursor> piece_;
  std::size_t passed_ = 0;  // rows of the piece that lie behind
};

}  // namespace

std::unique_ptr<Cursor> walk_in_pieces(const OrderedStore& store, std::vector<KeyRange> ranges,
                                       std::size_t first, ManyOptions::Order order,
                                       Direction direction) {
  return std::make_unique<PiecesCursor>(store, std::move(ranges), first, order, direction);
}

}  // namespace millrace::storage
