#pragma once
// Locks by key: holders of the same key exclude each other, holders of different keys never meet. So
// what may be held while the disk is waited for is a key, and no lock that others need. Knows only
// keys that are held. Thread-safe; a thread holds one key at a time, or takes several in their order.

#include <condition_variable>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

namespace millrace {

class KeyedLocks {
 public:
  class Hold {
   public:
    Hold(KeyedLocks& locks, std::string key) : locks_(locks), key_(std::move(key)) {
      std::unique_lock lock(locks_.mutex_);
      locks_.freed_.wait(lock, [this] { return locks_.held_.insert(key_).second; });
    }
    ~Hold() {
      {
        const std::lock_guard lock(locks_.mutex_);
        locks_.held_.erase(key_);
      }
      locks_.freed_.notify_all();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    KeyedLocks& locks_;
    const std::string key_;
  };

 private:
  std::mutex mutex_;  // for moments only
  std::condition_variable freed_;
  std::unordered_set<std::string> held_;
};

}  // namespace millrace
