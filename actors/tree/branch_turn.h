#pragma once
// Who drives a branch now. A branch is not an actor's alone: what a function brings is taken on the very
// thread that brings it, when nobody else drives, so that a run of pure steps crosses no queue.
//
//   enter ──► (work) ──► next … next ──► nothing: the turn is given back        its actor
//   post  ──► true: serve ──► next … next ──► nothing                           any other thread
//   post  ──► false: whoever has the turn takes it up before giving it back
//
// So each piece of news is taken exactly once, by one thread at a time, and a poster never waits.
// Bounded by what posts: one result for the call in flight, late ones, and one reminder.

#include "actors/runs/branch_news.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

class BranchTurn {
 public:
  /// What needs no actor.
  using News = std::variant<FunctionFinished, FlushDue>;

  /// Any thread. True: the caller has the turn now and serves until `next` gives nothing.
  [[nodiscard]] bool post(News news);
  /// Any thread: for whoever has the turn next.
  void leave_news(News news);
  /// Waits until nobody else has the turn. Never from within one.
  void enter();

  // --- whoever has the turn -----------------------------------------------------------------------
  /// The next piece of news. Nothing: the turn has been given back.
  [[nodiscard]] std::optional<News> next();
  /// Gives it back although news may wait: somebody else takes them up.
  void leave();
  /// Nothing is taken in any more; what waits is dropped.
  void close();

 private:
  void keep(News news);
  void give_back(std::unique_lock<std::mutex> lock);

  std::mutex mutex_;
  std::condition_variable free_;
  bool is_taken_ = false;
  bool is_closed_ = false;
  int entering_ = 0;  // they come before news, which they take up themselves
  std::vector<FunctionFinished> results_;
  bool is_flush_due_ = false;
};

}  // namespace millrace
