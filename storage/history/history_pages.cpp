// Every block that the query's stretch touches adds to the total: from its head when the head can say how many
// of its runs match, which it can unless a user is asked for or a bound cuts through the block; else by a
// look at each of its runs. The page is taken from the blocks on its way.

#include "storage/history/history_pages.h"

#include "runtime/base/check.h"
#include "storage/history/block_walk.h"
#include "storage/keys.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace millrace::storage {
namespace {

using Query = ExecutionTable::HistoryQuery;
using Page = ExecutionTable::HistoryPage;

class PageSearch {
 public:
  PageSearch(const OrderedStore& store, const Query& query)
      : store_(store),
        query_(query),
        walk_(store, query.project, stretch_of(query.after, query.before), query.direction),
        limit_(std::min(query.limit, limits::history_page_max)),
        to_skip_(query.behind ? 0 : query.offset),
        is_of_any_class_(!query.workflow && !query.integration && !query.status) {
    if (query.user) user_ = user_digest(query.user->text);
    if (query.behind) behind_ = keys::history_order(query.behind->started, query.behind->id);
  }

  Result<Page> run() {
    for (;;) {
      const auto more = walk_.next();
      if (!more.ok()) return more.error();
      if (!*more) break;
      if (auto taken = take_block(); !taken.ok()) return taken.error();
    }
    return page();
  }

 private:
  bool is_forward() const { return query_.direction == Direction::forward; }
  bool is_full() const { return orders_.size() == limit_; }
  /// Nothing more is to be found out but how many match.
  bool is_found() const { return is_full() && has_more_; }
  /// The order comes later in the lists' direction than the place that the page begins behind.
  bool is_behind(std::string_view order) const {
    return behind_.empty() || (is_forward() ? order > behind_ : order < behind_);
  }

  bool matches(const ClassView& kind) const {
    return (!query_.workflow || query_.workflow->text == kind.workflow) &&
           (!query_.integration || *query_.integration == kind.integration) &&
           (!query_.status || *query_.status == kind.status);
  }

  /// How many runs of the block have a class that matches, and which classes those are.
  Result<std::size_t> count_classes() {
    if (is_of_any_class_) return walk_.head().count;
    const auto classes = walk_.classes();
    if (!classes.ok()) return classes.error();
    matching_.assign(classes->size(), 0);
    std::size_t count = 0;
    for (std::size_t i = 0; i < classes->size(); ++i) {
      if (!matches((*classes)[i])) continue;
      matching_[i] = 1;
      count += (*classes)[i].count;
    }
    return count;
  }

  Outcome take_block() {
    const auto matched = count_classes();
    if (!matched.ok()) return matched.error();
    const std::size_t count = *matched;
    if (count == 0) return Done{};
    if (user_ || !walk_.is_inside()) return look();
    if (!is_found() && !is_before_page(count)) return look();
    pass(count);
    return Done{};
  }

  /// The page begins behind all runs of the block, of which `count` match.
  bool is_before_page(std::size_t count) const {
    return !is_behind(is_forward() ? walk_.last() : walk_.first()) ||
           (behind_.empty() && to_skip_ >= count);
  }
  /// Counts runs that are not of the page.
  void pass(std::size_t count) {
    total_ += count;
    if (behind_.empty()) to_skip_ -= std::min(to_skip_, count);
  }

  /// By a look at each of its runs.
  Outcome look() {
    if (const auto found = find_matches(); !found.ok()) return found.error();
    if (matches_.empty()) return Done{};
    // Where each of them lies matters only at the ends of the stretch and where the page is.
    if (walk_.is_inside() && (is_found() || is_before_page(matches_.size()))) {
      pass(matches_.size());
      return Done{};
    }
    const auto orders = walk_.orders();
    if (!orders.ok()) return orders.error();
    for (const std::uint16_t run : matches_) take_run(order_at(*orders, run));
    return Done{};
  }

  /// Into `matches_`: which runs of the block match, in the list's direction.
  Outcome find_matches() {
    matches_.clear();
    const std::size_t count = walk_.head().count;
    const auto users = user_ ? walk_.users() : Result<std::string_view>("");
    if (!users.ok()) return users.error();
    for (std::size_t run = 0; run < count; ++run) {
      if (!user_ || user_at(*users, run) == *user_)
        matches_.push_back(static_cast<std::uint16_t>(run));
    }
    if (!is_of_any_class_ && !matches_.empty()) {
      const auto states = walk_.states();
      if (!states.ok()) return states.error();
      for (const std::uint16_t run : matches_) {
        if (class_at(*states, run) >= matching_.size()) {
          return Error(ErrorCode::corrupt_data, "The history index holds a run of no class.");
        }
      }
      std::erase_if(matches_,
                    [&](std::uint16_t run) { return matching_[class_at(*states, run)] == 0; });
    }
    if (!is_forward()) std::reverse(matches_.begin(), matches_.end());
    return Done{};
  }

  void take_run(std::string_view order) {
    if (!walk_.stretch().contains(order)) return;
    ++total_;
    if (!is_behind(order)) return;
    if (to_skip_ > 0) {
      --to_skip_;
    } else if (is_full()) {
      has_more_ = true;
    } else {
      orders_.emplace_back(order);
    }
  }

  Result<Page> page() const {
    Page page;
    page.total = total_;
    page.has_more = has_more_;
    for (const std::string& order : orders_) {
      const auto place = keys::parse_history_order(order);
      CHECK(place.has_value(), "a place in the history has a fixed size");
      page.last = HistoryPlace{place->started, place->id};
      const auto row = store_.get(keys::history_row(query_.project, place->started, place->id));
      if (!row.ok()) return row.error();
      if (!*row) continue;  // erased since
      const auto summary = view_summary(**row);
      if (!summary.ok()) return summary.error();
      if (still_matches(*summary)) page.executions.push_back(summary->own());
    }
    return page;
  }

  bool still_matches(const SummaryView& row) const {
    return (!query_.user || query_.user->text == row.user) &&
           (!query_.status || *query_.status == row.status);
  }

  const OrderedStore& store_;
  const Query& query_;
  BlockWalk walk_;
  const std::size_t limit_;
  std::size_t to_skip_;
  std::optional<std::uint64_t> user_;
  std::string behind_;  // empty: the page begins by the offset

  const bool is_of_any_class_;          // no class is filtered out, so nobody has to look at them
  std::vector<char> matching_;          // else: which classes of the block at hand match
  std::vector<std::uint16_t> matches_;  // and which of its runs
  std::vector<std::string> orders_;
  std::size_t total_ = 0;
  bool has_more_ = false;
};

}  // namespace

Result<Page> indexed_history(const OrderedStore& store, const Query& query) {
  return PageSearch(store, query).run();
}

}  // namespace millrace::storage
