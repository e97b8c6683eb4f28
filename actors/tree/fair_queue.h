#pragma once
// Admission queue of one project: first in, first out within a user, round robin between users, so
// that a user with a hundred thousand queued runs does not delay another's single one. (All entries
// cost the same, one run, so deficit round robin reduces to round robin: Shreedhar and Varghese,
// "Efficient fair queuing using deficit round robin", 1996.)

#include "runtime/base/ids.h"

#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace millrace {

template <class Entry>
class FairQueue {
 public:
  void push(const UserId& user, Entry entry) {
    auto& lane = lanes_[user];
    if (lane.empty()) turns_.push_back(user);
    lane.push_back(std::move(entry));
    ++size_;
  }

  std::optional<Entry> pop() {
    if (turns_.empty()) return std::nullopt;
    UserId user = std::move(turns_.front());
    turns_.pop_front();
    const auto lane = lanes_.find(user);
    Entry entry = std::move(lane->second.front());
    lane->second.pop_front();
    --size_;
    if (lane->second.empty()) {
      lanes_.erase(lane);
    } else {
      turns_.push_back(std::move(user));
    }
    return entry;
  }

  std::size_t size() const { return size_; }

 private:
  std::unordered_map<UserId, std::deque<Entry>> lanes_;  // none is empty
  std::list<UserId> turns_;                              // users with a lane, next one first
  std::size_t size_ = 0;
};

}  // namespace millrace
