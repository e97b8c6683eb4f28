#pragma once
// Keeps threads where they are until a test lets them go on: to fix the order of what happens in others.
// Opened once, at the latest at its end. Thread-safe but for `open`.

#include <atomic>
#include <future>
#include <utility>

namespace millrace {

class Gate {
 public:
  Gate() = default;
  ~Gate() { open(); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void stand() {
    is_taken_ = true;
    opened_.wait();
  }
  /// Somebody stands here, or did.
  bool is_taken() const { return is_taken_; }
  void open() {
    if (!std::exchange(is_open_, true)) open_.set_value();
  }

 private:
  std::atomic<bool> is_taken_{false};
  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
  bool is_open_ = false;
};

/// A bed cannot end while one of its threads is kept: declare the gate before the bed, this behind it.
struct OpenAtEnd {
  ~OpenAtEnd() { gate.open(); }
  Gate& gate;
};

}  // namespace millrace
