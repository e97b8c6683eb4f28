#pragma once
// What the steps of a branch and of all elements inside it count for in the task history, as they happen.
// So a fan-out that fails, is cancelled or runs out of time counts what its elements have done.
// Thread-safe: elements count on the threads that drive them.

#include "actors/runs/step_tally.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace millrace {

class TaskTally {
 public:
  /// `tasks`: what is counted already, here and in whatever is around it.
  TaskTally(std::uint32_t tasks, std::shared_ptr<TaskTally> outer)
      : tasks_(tasks),
        outer_(std::move(outer)),
        steps_(outer_ == nullptr ? nullptr : &outer_->steps_) {}

  void add(std::uint32_t tasks) {
    for (TaskTally* each = this; each != nullptr; each = each->outer_.get()) each->tasks_ += tasks;
  }
  std::uint32_t tasks() const { return tasks_; }
  /// Of the elements of the branch's open fan-out, and those inside them.
  StepTally& steps() { return steps_; }

 private:
  std::atomic<std::uint32_t> tasks_;
  const std::shared_ptr<TaskTally> outer_;  // null: the root's
  StepTally steps_;
};

}  // namespace millrace
