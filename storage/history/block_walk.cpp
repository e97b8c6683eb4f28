#include "storage/history/block_walk.h"

#include <utility>

namespace millrace::storage {
namespace {

using keys::HistoryPart;

/// Below every run of that time.
std::string order_from(const std::optional<Instant>& instant) {
  return instant ? keys::history_order(*instant, ExecutionId{}) : std::string();
}

}  // namespace

HistoryStretch stretch_of(const std::optional<Instant>& after,
                          const std::optional<Instant>& before) {
  return {order_from(after), order_from(before)};
}

BlockWalk::BlockWalk(const OrderedStore& store, const ProjectId& project, HistoryStretch stretch,
                     Direction direction)
    : store_(store),
      stretch_(std::move(stretch)),
      direction_(direction),
      heads_{keys::history_blocks(project, HistoryPart::head)},
      orders_{keys::history_blocks(project, HistoryPart::runs)},
      users_{keys::history_blocks(project, HistoryPart::users)},
      states_{keys::history_blocks(project, HistoryPart::states)},
      durations_{keys::history_blocks(project, HistoryPart::durations)} {}

void BlockWalk::open() {
  const std::string& prefix = heads_.prefix;
  if (direction_ == Direction::backward) {
    const std::string start = stretch_.until.empty() ? std::string() : prefix + stretch_.until;
    heads_.cursor = store_.scan(prefix, direction_, start);
    return;
  }
  std::string start;
  if (!stretch_.from.empty()) {
    // The block that the stretch begins in begins before it.
    start = prefix + stretch_.from;
    const auto before = store_.scan(prefix, Direction::backward, start);
    if (before->valid()) start = before->key();
  }
  heads_.cursor = store_.scan(prefix, direction_, start);
}

Result<bool> BlockWalk::next() {
  for (;;) {
    heads_.cursor == nullptr ? open() : heads_.cursor->next();
    const Cursor& cursor = *heads_.cursor;
    if (!cursor.valid()) {
      if (const auto read = cursor.status(); !read.ok()) return read.error();
      return false;
    }
    first_ = cursor.key().substr(heads_.prefix.size());
    const auto head = read_head(cursor.value());
    if (!head.ok()) return head.error();
    head_ = *head;
    has_classes_ = false;
    const bool is_above = !stretch_.until.empty() && first_ >= stretch_.until;
    const bool is_below = !stretch_.from.empty() && last() < stretch_.from;
    if (!is_above && !is_below) return true;
    // Beyond the stretch, or not yet in it.
    if (direction_ == Direction::forward ? is_above : is_below) return false;
  }
}

Result<std::span<const ClassView>> BlockWalk::classes() {
  if (!has_classes_) {
    if (const auto read = read_classes(head_, classes_); !read.ok()) return read.error();
    has_classes_ = true;
  }
  return std::span<const ClassView>(classes_);
}

Result<const DurationsView*> BlockWalk::durations() {
  const auto known = classes();
  if (!known.ok()) return known.error();
  const auto text = row(durations_);
  if (!text.ok()) return text.error();
  const auto read = read_durations(*text, known->size(), durations_view_);
  if (!read.ok()) return read.error();
  return &durations_view_;
}

Result<std::string_view> BlockWalk::column(Column& column, std::size_t width) {
  const auto found = row(column);
  if (!found.ok()) return found.error();
  return read_column(*found, width, head_.count);
}

Result<std::string_view> BlockWalk::row(Column& column) {
  const auto is_there = [&] {
    return column.cursor != nullptr && column.cursor->valid() &&
           column.cursor->key().substr(column.prefix.size()) == first_;
  };
  if (!is_there() && column.cursor != nullptr && column.cursor->valid()) column.cursor->next();
  if (!is_there()) {
    column.cursor = store_.scan(column.prefix, direction_, column.prefix + first_);
  }
  if (!is_there()) {
    if (const auto read = column.cursor->status(); !read.ok()) return read.error();
    return Error(ErrorCode::corrupt_data, "A block of the history index lacks a row.");
  }
  return column.cursor->value();
}

}  // namespace millrace::storage
