#pragma once
// The places (latest.h) of the views that are in memory, by key. Bounded by count and bytes: the least
// recently used leave first. One that somebody holds (a live run, a change on its way) does not leave:
// it would stay in memory anyway, and there must be one place only, or its holder would miss changes.
// Thread-safe; every operation takes constant time.

#include "actors/tenants/latest.h"
#include "runtime/base/check.h"

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace millrace {

struct ViewCacheLimits {
  std::size_t views_max = 0;
  std::size_t bytes_max = 0;
};

template <class Key, class View>
class ViewCache {
 public:
  using Place = Latest<View>;

  explicit ViewCache(ViewCacheLimits limits) : limits_(limits) {}
  ViewCache(const ViewCache&) = delete;
  ViewCache& operator=(const ViewCache&) = delete;

  /// The key's place, as the one that was used last. A new one shows nothing yet.
  std::shared_ptr<Place> place(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = entries_.try_emplace(key);
    if (!is_new) {
      ages_.splice(ages_.begin(), ages_, entry->second.age);
      return entry->second.place;
    }
    const auto place = std::make_shared<Place>();
    entry->second.place = place;
    ages_.push_front(&entry->first);
    entry->second.age = ages_.begin();
    make_room();
    return place;
  }

  /// Notes what the view that was published last takes.
  void weigh(const Key& key, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return;
    bytes_ += bytes - entry->second.bytes;
    entry->second.bytes = bytes;
    make_room();
  }

  /// Drops what is not worth its place, unless somebody but the caller holds it.
  void forget(const Key& key, std::shared_ptr<Place> of_the_caller) {
    const std::lock_guard lock(mutex_);
    of_the_caller.reset();
    const auto entry = entries_.find(key);
    if (entry != entries_.end() && !is_held(entry->second)) drop(entry);
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  /// Keys, the latest used first. They lie in `entries_`, whose nodes do not move.
  using Ages = std::list<const Key*>;
  struct Entry {
    std::shared_ptr<Place> place;
    std::size_t bytes = 0;
    typename Ages::iterator age;
  };
  using Entries = std::unordered_map<Key, Entry>;

  /// How many of the oldest are looked at by one operation.
  static constexpr int looks = 8;

  /// Under the lock nobody gets a place from here, so one that nobody holds stays that way.
  static bool is_held(const Entry& entry) { return entry.place.use_count() > 1; }

  void make_room() {
    for (int left = looks; left > 0 && is_over() && entries_.size() > 1; --left) {
      const auto oldest = entries_.find(*ages_.back());
      if (is_held(oldest->second)) {
        ages_.splice(ages_.begin(), ages_, oldest->second.age);
      } else {
        drop(oldest);
      }
    }
  }

  bool is_over() const { return entries_.size() > limits_.views_max || bytes_ > limits_.bytes_max; }

  void drop(typename Entries::iterator entry) {
    bytes_ -= entry->second.bytes;
    ages_.erase(entry->second.age);
    entries_.erase(entry);
  }

  const ViewCacheLimits limits_;
  mutable std::mutex mutex_;
  Entries entries_;
  Ages ages_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace
