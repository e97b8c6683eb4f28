#include "actors/runs/fresh_runs.h"

#include <utility>

namespace millrace {

void FreshRuns::add(std::shared_ptr<const RunOrder> order, storage::Fence fence,
                    std::size_t bytes) {
  const ExecutionId execution = order->execution;
  const std::lock_guard lock(mutex_);
  places_[execution] = runs_.insert(runs_.end(), {std::move(order), fence, bytes});
  bytes_ += bytes;
  while (runs_.size() > runs_max || bytes_ > bytes_max) drop(runs_.begin());
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
  return drop(place->second);
}

FreshRuns::Fresh FreshRuns::drop(Runs::iterator run) {
  Fresh fresh = std::move(*run);
  places_.erase(fresh.order->execution);
  runs_.erase(run);
  bytes_ -= fresh.bytes;
  return fresh;
}

}  // namespace millrace
