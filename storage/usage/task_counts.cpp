#include "storage/usage/task_counts.h"

#include "runtime/base/check.h"
#include "storage/keys.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace millrace::storage {
namespace {

CalendarMonth oldest_kept(CalendarMonth month) {
  constexpr std::uint16_t earlier = limits::task_months_kept - 1;
  return {static_cast<std::uint16_t>(month.number - std::min(month.number, earlier))};
}

}  // namespace

void TaskCounts::before(WriteBatch& batch) {
  in_flight_.clear();
  uncounted_in_flight_ = 0;
  if (batch.settled().empty()) return;
  const auto& fences = batch.fences();
  const auto lowest = std::min_element(
      fences.begin(), fences.end(),
      [](const Fence& one, const Fence& other) { return one.shard < other.shard; });
  CHECK(lowest != fences.end(), "tasks are settled on nobody's shard");
  const Fence fence = *lowest;
  std::map<std::pair<std::string_view, CalendarMonth>, std::uint64_t> sums;
  for (const SettledTasks& each : batch.settled()) {
    sums[{each.project.text, each.month}] += each.tasks;
  }
  for (const auto& [of, tasks] : sums) {
    add(fence, ProjectId(std::string(of.first)), {of.second, tasks}, batch);
  }
}

void TaskCounts::after(const Outcome& outcome) {
  if (!outcome.ok()) {
    // What the disk has is known when it is read: it may be what the commit would have made of it.
    counts_.clear();
    return;
  }
  uncounted_ += uncounted_in_flight_;
  for (auto& [key, count] : in_flight_) {
    if (Count* const known = counts_.find(key)) {
      *known = count;
    } else {
      counts_.put(std::move(key), count);
    }
  }
}

void TaskCounts::add(const Fence& fence, const ProjectId& project, const MonthTasks& settled,
                     WriteBatch& batch) {
  std::string key = keys::task_count(fence.shard, project, settled.month);
  const auto before = counted(fence, project, settled.month, key, batch);
  if (!before) {
    uncounted_in_flight_ += settled.tasks;
    return;
  }
  const Count count{fence.epoch, *before + settled.tasks};
  TaskCountTable::put(batch, key, count.tasks);
  in_flight_.emplace_back(std::move(key), count);
}

std::optional<std::uint64_t> TaskCounts::counted(const Fence& fence, const ProjectId& project,
                                                 CalendarMonth month, const std::string& key,
                                                 WriteBatch& batch) {
  // Under another epoch somebody else may have written it in between.
  if (const Count* const known = counts_.find(key);
      known != nullptr && known->epoch == fence.epoch) {
    return known->tasks;
  }
  ++reads_;
  const auto row = table_.count(key);
  if (!row.ok()) return std::nullopt;
  if (*row) return **row;
  // The first of the month. What cannot be read now is removed by the next one's.
  WriteBatch removals;
  if (table_.remove_before(removals, fence.shard, project, oldest_kept(month)).ok()) {
    batch.append(std::move(removals));
  }
  return 0;
}

}  // namespace millrace::storage
