#pragma once
// A place that shows a view as it is now. Views never change; a change publishes the next one here, and
// whoever holds the place sees it from then on, without asking the disk. So a run that began an hour ago
// learns that its user was disabled a moment ago. Thread-safe; `get` never waits for the disk.

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
  }

  /// Held while the view is read from the disk or changed, commit included: one at a time. Readers of a
  /// view that is there do not take it.
  std::mutex& changing() { return changing_; }

 private:
  mutable std::mutex mutex_;  // for as long as a pointer is copied
  std::shared_ptr<const View> view_;
  std::mutex changing_;
};

}  // namespace millrace
