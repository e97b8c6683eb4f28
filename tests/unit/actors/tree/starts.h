#pragma once
// In which order runs come to work: the end of their first step, as their actors record it.

#include "actors/gateway/actor_gateway.h"

#include <mutex>
#include <vector>

namespace millrace {

class Starts {
 public:
  /// Has the runs of a bed with these options noted. Outlives it.
  void note_in(ActorOptions& options) {
    options.before_record = [this](const ExecutionId& execution, const Event& event) {
      if (kind_of(event) != EventKind::step_completed) return;
      const std::lock_guard guard(mutex_);
      order_.push_back(execution);
    };
  }
  std::vector<ExecutionId> seen() const {
    const std::lock_guard guard(mutex_);
    return order_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ExecutionId> order_;
};

}  // namespace millrace
