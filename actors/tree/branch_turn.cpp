#include "actors/tree/branch_turn.h"

#include "runtime/base/check.h"

namespace millrace {

bool BranchTurn::post(News news) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return false;
  keep(std::move(news));
  return !std::exchange(is_taken_, true);
}

void BranchTurn::leave_news(News news) {
  const std::lock_guard lock(mutex_);
  if (!is_closed_) keep(std::move(news));
}

void BranchTurn::keep(News news) {
  if (auto* const finished = std::get_if<FunctionFinished>(&news)) {
    results_.push_back(std::move(*finished));
  } else {
    is_flush_due_ = true;
  }
}

void BranchTurn::enter() {
  std::unique_lock lock(mutex_);
  ++entering_;
  free_.wait(lock, [this] { return !is_taken_; });
  --entering_;
  is_taken_ = true;
}

std::optional<BranchTurn::News> BranchTurn::next() {
  std::unique_lock lock(mutex_);
  CHECK(is_taken_, "a branch is driven by somebody who has no turn");
  if (entering_ == 0 && !results_.empty()) {
    std::optional<News> first(std::in_place, std::move(results_.front()));
    results_.erase(results_.begin());
    return first;
  }
  if (entering_ == 0 && std::exchange(is_flush_due_, false)) return FlushDue{};
  give_back(std::move(lock));
  return std::nullopt;
}

void BranchTurn::leave() { give_back(std::unique_lock(mutex_)); }

void BranchTurn::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  results_.clear();
  is_flush_due_ = false;
}

void BranchTurn::give_back(std::unique_lock<std::mutex> lock) {
  CHECK(is_taken_, "a turn is given back that nobody has");
  is_taken_ = false;
  const bool is_awaited = entering_ > 0;
  lock.unlock();
  if (is_awaited) free_.notify_one();
}

}  // namespace millrace
