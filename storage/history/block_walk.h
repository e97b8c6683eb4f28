#pragma once
// A walk over the blocks of one project's history index that lie in a stretch of its order, in one
// direction, and the columns of the block at hand, which are read when they are asked for. Sees the rows as
// they are while HistoryIndex::hold is held.

#include "storage/history/history_block.h"
#include "storage/ordered_store.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// Places from `from` on, below `until`; empty: without that bound.
struct HistoryStretch {
  std::string from{};
  std::string until{};

  bool contains(std::string_view order) const {
    return (from.empty() || order >= from) && (until.empty() || order < until);
  }
};

/// The stretch of runs that started at `after` or later, and before `before`.
HistoryStretch stretch_of(const std::optional<Instant>& after,
                          const std::optional<Instant>& before);

class BlockWalk {
 public:
  BlockWalk(const OrderedStore& store, const ProjectId& project, HistoryStretch stretch,
            Direction direction);

  /// Moves to the next block that the stretch touches; false at the end. The first call comes to the first
  /// one.
  Result<bool> next();

  // --- the block at hand --------------------------------------------------------------------------
  const HeadView& head() const { return head_; }
  Result<std::span<const ClassView>> classes();
  std::string_view first() const { return first_; }
  std::string_view last() const { return head_.last; }
  /// All of its runs lie in the stretch.
  bool is_inside() const { return stretch_.contains(first()) && stretch_.contains(last()); }
  const HistoryStretch& stretch() const { return stretch_; }

  Result<std::string_view> orders() { return column(orders_, order_width); }
  Result<std::string_view> users() { return column(users_, user_width); }
  Result<std::string_view> states() { return column(states_, state_width); }
  Result<const DurationsView*> durations();

 private:
  /// The rows of one part. Mostly the next block's is asked for, which is the next row.
  struct Column {
    std::string prefix;
    std::unique_ptr<Cursor> cursor{};
  };

  void open();
  Result<std::string_view> row(Column& column);
  Result<std::string_view> column(Column& column, std::size_t width);

  const OrderedStore& store_;
  const HistoryStretch stretch_;
  const Direction direction_;
  Column heads_;
  Column orders_;
  Column users_;
  Column states_;
  Column durations_;
  std::string first_;
  HeadView head_;
  // Of the block at hand once they were asked for.
  bool has_classes_ = false;
  std::vector<ClassView> classes_;
  DurationsView durations_view_;
};

}  // namespace millrace::storage
