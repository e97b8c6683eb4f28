#pragma once
// RecentMap: a bounded map that drops what was not used for longest. For caches: whatever it holds
// can be had again, so nothing is lost when an entry goes.
//
// Bounded by count and, where entries differ much in size, by the sum of the weights (bytes) that
// `put` is told. `find` and `put` count as use. All operations take constant time, `put` as much more
// as it drops entries; the key is stored once.
//
// Not thread-safe, not even `find`, which changes the order: the owner guards it. Dropped values are
// destroyed inside `put`, so under the owner's lock; shared pointers make both sides cheap.

#include "runtime/base/check.h"

#include <cstddef>
#include <functional>
#include <limits>
#include <list>
#include <unordered_map>
#include <utility>

namespace millrace {

struct RecentMapLimits {
  std::size_t entries_max = 0;  // at least 1
  std::size_t weight_max = std::numeric_limits<std::size_t>::max();
};

template <class Key, class Value, class Hash = std::hash<Key>>
class RecentMap {
 public:
  explicit RecentMap(std::size_t entries_max) : RecentMap(RecentMapLimits{entries_max}) {}
  explicit RecentMap(RecentMapLimits limits) : limits_(limits) {
    CHECK(limits.entries_max > 0, "a map that may hold nothing");
  }
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;

  /// Null if it is not there. Valid until the next `put`, `erase` or `clear`.
  Value* find(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    ages_.splice(ages_.begin(), ages_, found->second.age);
    return &found->second.value;
  }

  /// As `find`, but does not count as use.
  const Value* peek(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.value;
  }

  /// Replaces what is there under the key. A value heavier than the whole map is not kept, nor is the
  /// one that it would have replaced.
  void put(Key key, Value value, std::size_t weight = 0) {
    erase(key);
    if (weight > limits_.weight_max) return;
    while (entries_.size() >= limits_.entries_max || weight > limits_.weight_max - weight_) {
      drop(entries_.find(*ages_.back()));
    }
    const auto added = entries_.emplace(std::move(key), Entry{std::move(value), weight, {}}).first;
    ages_.push_front(&added->first);
    added->second.age = ages_.begin();
    weight_ += weight;
  }

  /// Whether it was there.
  bool erase(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return false;
    drop(found);
    return true;
  }

  void clear() {
    ages_.clear();
    entries_.clear();
    weight_ = 0;
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t weight() const { return weight_; }

 private:
  /// Keys, the latest used first. They lie in `entries_`, whose nodes do not move.
  using Ages = std::list<const Key*>;
  struct Entry {
    Value value;
    std::size_t weight;
    typename Ages::iterator age;
  };
  using Entries = std::unordered_map<Key, Entry, Hash>;

  void drop(typename Entries::iterator entry) {
    weight_ -= entry->second.weight;
    ages_.erase(entry->second.age);
    entries_.erase(entry);
  }

  const RecentMapLimits limits_;
  Entries entries_;
  Ages ages_;
  std::size_t weight_ = 0;
};

}  // namespace millrace
