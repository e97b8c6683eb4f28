#include "actors/runs/fresh_runs.h"

#include <utility>

namespace millrace {

void FreshRuns::add(std::shared_ptr<const RunOrder> order, storage::Fence fence) {
  const ExecutionId execution = order->execution;
  const std::lock_guard lock(mutex_);
  places_[execution] = runs_.insert(runs_.end(), {std::move(order), fence});
  if (runs_.size() <= runs_max) return;
  places_.erase(runs_.front().order->execution);
  runs_.pop_front();
}

void FreshRuns::forget(const ExecutionId& execution) { remove(execution); }

std::shared_ptr<const RunOrder> FreshRuns::take(const ExecutionId& execution,
                                                storage::Fence fence) {
  const auto fresh = remove(execution);
  if (!fresh || fresh->fence != fence) return nullptr;
  return fresh->order;
}

std::optional<FreshRuns::Fresh> FreshRuns::remove(const ExecutionId& execution) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(execution);
  if (place == places_.end()) return std::nullopt;
  Fresh fresh = std::move(*place->second);
  runs_.erase(place->second);
  places_.erase(place);
  return fresh;
}

}  // namespace millrace
