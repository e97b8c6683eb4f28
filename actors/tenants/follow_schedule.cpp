#include "actors/tenants/follow_schedule.h"

namespace millrace {
namespace {

const SchedulerTrigger* scheduler_of(const Workflow* live) {
  return live == nullptr ? nullptr : std::get_if<SchedulerTrigger>(&live->trigger);
}

}  // namespace

Result<std::optional<storage::WakeRow>> follow_schedule(const storage::OrderedStore& store,
                                                        storage::WriteBatch& batch,
                                                        const ProjectId& project,
                                                        const WorkflowId& id, const Workflow* live,
                                                        Instant now) {
  const auto before = storage::ScheduleTable(store).find(project, id);
  if (!before) return before.error();
  const SchedulerTrigger* const scheduler = scheduler_of(live);
  if (*before && scheduler != nullptr && (*before)->schedule == scheduler->text) {
    storage::ScheduleRow next = **before;
    next.version = live->version;
    storage::ScheduleTable::put(batch, next);
    return std::optional<storage::WakeRow>();
  }
  if (*before) {
    storage::WakeTable::remove(batch, storage::ScheduleTable::wake_of(**before));
    storage::ScheduleTable::remove(batch, **before);
  }
  const auto due = scheduler == nullptr ? std::nullopt : next_tick(*scheduler, now);
  if (!due) return std::optional<storage::WakeRow>();
  storage::ScheduleRow next;
  next.project = project;
  next.workflow = id;
  next.version = live->version;
  next.schedule = scheduler->text;
  next.served_until = now;
  next.due = *due;
  storage::ScheduleTable::put(batch, next);
  auto wake = storage::ScheduleTable::wake_of(next);
  storage::WakeTable::put(batch, wake);
  return std::optional(std::move(wake));
}

}  // namespace millrace
