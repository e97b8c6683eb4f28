#pragma once
// A place for one answer that a thread waits for and another thread or actor gives. The first answer
// wins; later ones are ignored (a run may respond, then fail).

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace millrace {

template <class Answer>
class OnceSlot {
 public:
  /// True if this was the first answer. Quick; never blocks on anything but the slot itself.
  bool give(Answer answer) {
    {
      std::lock_guard lock(mutex_);
      if (answer_ || closed_) return false;
      answer_ = std::move(answer);
    }
    given_.notify_one();
    return true;
  }

  /// Waits for the answer, at most `patience`. After that the slot is closed.
  std::optional<Answer> wait_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    given_.wait_for(lock, patience, [&] { return answer_.has_value(); });
    closed_ = true;
    return std::exchange(answer_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<Answer> answer_;
  bool closed_ = false;
};

}  // namespace millrace
