#pragma once
// LaneQueue: entries that wait, one lane for each key (project, user, version). First in, first out
// within a lane; lanes take turns by round robin, however many entries each has.
//
// A lane can be held, for a key that has its share of whatever is waited for: its entries stay and
// it is passed over until it is released.
//
// All operations but `pop_if` and the visits take constant time. Not thread-safe. Not bounded: the owner decides
// what happens beyond its limit, and knows `size`.

#include "runtime/base/rotation.h"

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace millrace {

template <class Key, class Entry, class Hash = std::hash<Key>>
class LaneQueue {
 public:
  /// The place of a waiting entry; valid until it is popped or removed.
  using Ticket = typename std::list<Entry>::iterator;

  Ticket push(const Key& key, Entry entry) {
    Lane& lane = lanes_[key];
    const auto ticket = lane.entries.insert(lane.entries.end(), std::move(entry));
    joined(key, lane);
    return ticket;
  }

  /// To the head of its lane: an entry that was popped and could not be served after all.
  Ticket push_front(const Key& key, Entry entry) {
    Lane& lane = lanes_[key];
    const auto ticket = lane.entries.insert(lane.entries.begin(), std::move(entry));
    joined(key, lane);
    return ticket;
  }

  /// The key whose entry `pop` gives; null when it gives none. Valid until the next change.
  const Key* next() const { return turns_.empty() ? nullptr : &turns_.front(); }

  /// The entry that `pop` gives; null when it gives none. Valid until the next change.
  const Entry* front() const {
    return turns_.empty() ? nullptr : &lanes_.find(turns_.front())->second.entries.front();
  }

  /// The entry whose turn it is; nothing when all lanes are empty or held.
  std::optional<Entry> pop() {
    if (turns_.empty()) return std::nullopt;
    return pop_from(turns_.front());
  }

  /// The first lane's head, in the order of turns, that `wanted` says yes to. Takes time for each
  /// lane that it looks at.
  template <class Wanted>
  std::optional<Entry> pop_if(Wanted wanted) {
    const Key* const key = turns_.find_if(
        [&](const Key& each) { return wanted(lanes_.find(each)->second.entries.front()); });
    if (key == nullptr) return std::nullopt;
    return pop_from(*key);
  }

  /// Takes back a waiting entry.
  void remove(const Key& key, Ticket ticket) {
    const auto lane = lanes_.find(key);
    CHECK(lane != lanes_.end(), "an entry of a lane that is not there");
    lane->second.entries.erase(ticket);
    --size_;
    left(lane);
  }

  /// Passes the key over from now on, whether or not it has entries.
  void hold(const Key& key) {
    lanes_[key].is_held = true;
    turns_.remove(key);
  }

  /// Undoes `hold`: the lane is last in the order of turns. Does nothing to a lane that is not held.
  void release(const Key& key) {
    const auto lane = lanes_.find(key);
    if (lane == lanes_.end() || !lane->second.is_held) return;
    lane->second.is_held = false;
    if (lane->second.entries.empty()) {
      lanes_.erase(lane);
    } else {
      turns_.push(key);
    }
  }

  /// The entries of one lane, in their order, until `wants_more` says no.
  template <class WantsMore>
  void visit(const Key& key, WantsMore wants_more) const {
    const auto lane = lanes_.find(key);
    if (lane == lanes_.end()) return;
    for (const Entry& entry : lane->second.entries) {
      if (!wants_more(entry)) return;
    }
  }
  /// The entries of all lanes, held ones included; the lanes in any order.
  template <class Visit>
  void visit_all(Visit visit) const {
    for (const auto& [key, lane] : lanes_) {
      for (const Entry& entry : lane.entries) visit(entry);
    }
  }

  /// Of all lanes, held ones included.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t size_of(const Key& key) const {
    const auto lane = lanes_.find(key);
    return lane == lanes_.end() ? 0 : lane->second.entries.size();
  }

 private:
  struct Lane {
    std::list<Entry> entries;
    bool is_held = false;
  };
  /// A lane is there while it has entries or is held; it stands in `turns_` while it has entries and
  /// is not held.
  using Lanes = std::unordered_map<Key, Lane, Hash>;

  void joined(const Key& key, const Lane& lane) {
    ++size_;
    if (!lane.is_held) turns_.push(key);
  }

  Entry pop_from(const Key& key) {
    const auto lane = lanes_.find(key);
    Entry entry = std::move(lane->second.entries.front());
    lane->second.entries.pop_front();
    --size_;
    turns_.pass(key);
    left(lane);
    return entry;
  }

  void left(typename Lanes::iterator lane) {
    if (!lane->second.entries.empty()) return;
    turns_.remove(lane->first);
    if (!lane->second.is_held) lanes_.erase(lane);
  }

  Lanes lanes_;
  Rotation<Key, Hash> turns_;
  std::size_t size_ = 0;
};

}  // namespace millrace
