#pragma once
// Rotation: whose turn it is. Keys (projects, users, versions) stand in a ring while they have
// something waiting; the one whose turn it is stands first, and goes to the end when it had it. So a
// key with 100,000 waiting entries delays another one by one turn.
//
// It holds keys only. Where each entry costs the same, `LaneQueue` adds the entries. Where costs
// differ and are known only afterwards, the owner keeps an account per key and calls `pass` for a key
// in debt: deficit round robin (Shreedhar and Varghese, 1996) with payment after use. The account
// outlives the key's standing here, hence is not kept here.
//
// All operations take constant time. Not thread-safe.

#include "runtime/base/check.h"

#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

namespace millrace {

template <class Key, class Hash = std::hash<Key>>
class Rotation {
 public:
  Rotation() = default;
  Rotation(const Rotation&) = delete;
  Rotation& operator=(const Rotation&) = delete;

  /// At the end. False: it stands here already and keeps its place.
  bool push(const Key& key) {
    const auto [place, is_new] = places_.try_emplace(key);
    if (!is_new) return false;
    order_.push_back(&place->first);
    place->second = std::prev(order_.end());
    return true;
  }

  /// Whose turn it is. Not when empty. Valid until that key leaves.
  const Key& front() const {
    CHECK(!order_.empty(), "nobody is waiting for a turn");
    return *order_.front();
  }

  /// The first one had its turn and stands last now.
  void pass() {
    CHECK(!order_.empty(), "nobody is there to pass the turn");
    order_.splice(order_.end(), order_, order_.begin());
  }

  /// This one had its turn, though it did not stand first. It must be here.
  void pass(const Key& key) {
    const auto place = places_.find(key);
    CHECK(place != places_.end(), "a turn of somebody who does not wait");
    order_.splice(order_.end(), order_, place->second);
  }

  /// The first one leaves. Not when empty.
  Key pop() {
    CHECK(!order_.empty(), "nobody is waiting for a turn");
    auto place = places_.extract(*order_.front());
    order_.pop_front();
    return std::move(place.key());
  }

  /// Whether it stood here.
  bool remove(const Key& key) {
    const auto place = places_.find(key);
    if (place == places_.end()) return false;
    order_.erase(place->second);
    places_.erase(place);
    return true;
  }

  bool contains(const Key& key) const { return places_.contains(key); }
  bool empty() const { return order_.empty(); }
  std::size_t size() const { return order_.size(); }

  /// The first key, from the one whose turn it is on, that `wanted` says yes to; null if none. Takes
  /// time for each key that it looks at.
  template <class Wanted>
  const Key* find_if(Wanted wanted) const {
    for (const Key* const key : order_) {
      if (wanted(*key)) return key;
    }
    return nullptr;
  }

 private:
  /// Keys lie in `places_`, whose nodes do not move.
  using Order = std::list<const Key*>;

  Order order_;
  std::unordered_map<Key, typename Order::iterator, Hash> places_;
};

}  // namespace millrace
