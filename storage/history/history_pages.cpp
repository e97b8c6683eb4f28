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
    // In lists' direction the block ends with this run; before the place: the page has nothing of it.
    const std::string_view end = is_forward() ? walk_.last() : walk_.first();
    const bool is_passed = !is_behind(end) || (behind_.empty() && to_skip_ >= count);
    if (!is_passed && !is_found()) return look();
    total_ += count;
    if (behind_.empty()) to_skip_ -= std::min(to_skip_, count);
    return Done{};
  }

  Outcome look() {
    std::string_view users;
    if (user_) {
      const auto column = walk_.users();
      if (!column.ok()) return column.error();
      users = *column;
      bool is_met = false;
      for (std::size_t i = 0; i < walk_.head().count && !is_met; ++i) {
        is_met = user_at(users, i) == *user_;
      }
      if (!is_met) return Done{};
    }
    const auto states = is_of_any_class_ ? Result<std::string_view>("") : walk_.states();
    if (!states.ok()) return states.error();
    const bool needs_orders = !is_found() || !walk_.is_inside();
    const auto orders = needs_orders ? walk_.orders() : Result<std::string_view>("");
    if (!orders.ok()) return orders.error();
    const std::size_t count = walk_.head().count;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t run = is_forward() ? i : count - 1 - i;
      if (user_ && user_at(users, run) != *user_) continue;
      if (!is_of_any_class_) {
        const std::size_t kind = class_at(*states, run);
        if (kind >= matching_.size()) {
          return Error(ErrorCode::corrupt_data, "The history index holds a run of no class.");
        }
        if (matching_[kind] == 0) continue;
      }
      if (!needs_orders) {
        ++total_;
      } else {
        take_run(order_at(*orders, run));
      }
    }
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

  const bool is_of_any_class_;  // no class is filtered out, so nobody has to look at them
  std::vector<char> matching_;  // else: which classes of the block at hand match
  std::vector<std::string> orders_;
  std::size_t total_ = 0;
  bool has_more_ = false;
};

}  // namespace

Result<Page> indexed_history(const OrderedStore& store, const Query& query) {
  return PageSearch(store, query).run();
}

}  // namespace millrace::storage
