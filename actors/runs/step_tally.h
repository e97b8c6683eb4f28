#pragma once
// How often the steps inside a branch's open fan-out have run, as its elements go on: each tells that it begins, and
// then what has changed when it has handed that to group commit, and all around it add it up. So whatever is handed
// over later, the event that ends the fan-out above all, is on the disk with what it counts.
//
// Thread-safe: elements count on the threads that drive them. What is around a tally outlives it.

#include "runtime/execution/step_counts.h"

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace millrace {

class StepTally {
 public:
  explicit StepTally(StepTally* outer) : outer_(outer) {}

  /// Called when something was added that nobody has taken yet, by whoever added it. To be set before any
  /// element begins.
  void when_changed(std::function<void()> tell) { tell_ = std::move(tell); }

  /// A fan-out opens; `found`: what its elements had done before the branch was rebuilt.
  void begin(StepCounts found) {
    const std::lock_guard lock(mutex_);
    counts_ = std::move(found);
    has_changed_ = !counts_.empty();
  }
  /// Of an element of this branch's: here, and in all that is around.
  void add(const StepCounts& change) {
    if (change.empty()) return;
    for (StepTally* each = this; each != nullptr; each = each->outer_) each->take_in(change);
  }
  /// What has been counted, if that has changed since the last time.
  std::optional<StepCounts> take_changed() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(has_changed_, false)) return std::nullopt;
    return counts_;
  }
  bool has_changed() const {
    const std::lock_guard lock(mutex_);
    return has_changed_;
  }

  struct Closed {
    StepCounts counts;   // what runs is cut off
    StepCounts cut_off;  // which changes that for those around
  };
  /// The fan-out ends.
  Closed close() {
    const std::lock_guard lock(mutex_);
    Closed closed{std::exchange(counts_, {}), {}};
    closed.cut_off = closed.counts.cut_off();
    has_changed_ = false;
    return closed;
  }

 private:
  void take_in(const StepCounts& change) {
    {
      const std::lock_guard lock(mutex_);
      counts_.add(change);
      if (std::exchange(has_changed_, true)) return;
    }
    if (tell_) tell_();
  }

  StepTally* const outer_;  // null: the root's
  std::function<void()> tell_;
  mutable std::mutex mutex_;
  StepCounts counts_;
  bool has_changed_ = false;
};

}  // namespace millrace
