#pragma once
// A place that shows a view as it is now. Views never change; a change publishes the next one here, and
// whoever holds the place sees it from then on, without asking the disk. So a run that began an hour ago
// learns that its user was disabled a moment ago. Thread-safe; `get` never waits for the disk.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace millrace {

template <class View>
class Latest {
 public:
  Latest() = default;
  explicit Latest(std::shared_ptr<const View> view) : view_(std::move(view)) {}

  /// Null only before the first `publish`.
  std::shared_ptr<const View> get() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }

  void publish(std::shared_ptr<const View> view) {
    const std::lock_guard lock(mutex_);
    view_.swap(view);  // what it was goes without the lock
    version_.fetch_add(1, std::memory_order_release);
  }

  /// Grows with each `publish`: whoever has seen it knows without a lock that nothing is newer.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  /// Held while the view is read from the disk or changed, commit included: one at a time. Readers of a
  /// view that is there do not take it.
  std::mutex& changing() { return changing_; }

 private:
  mutable std::mutex mutex_;  // for as long as a pointer is copied
  std::shared_ptr<const View> view_;
  std::atomic<std::uint64_t> version_{0};
  std::mutex changing_;
};

}  // namespace millrace
