#include "actors/gateway/tick_starter.h"

#include "runtime/base/limits.h"
#include "runtime/text/time_text.h"
#include "runtime/triggers/trigger_catalog.h"
#include "storage/keys.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

storage::Audience audience_of(const Workflow& workflow) {
  return workflow.integration.empty() ? storage::Audience::users : storage::Audience::accounts;
}

}  // namespace

TickStarter::TickStarter(TickDependencies dependencies, TickOptions options)
    : uses_(std::move(dependencies)),
      options_(options),
      table_(uses_.store),
      there_since_(uses_.clock.now()),
      notes_(uses_.log_of_events, uses_.clock),
      trouble_("ticks of schedules", uses_.clock, uses_.log) {}

std::optional<Instant> TickStarter::serve(const storage::WakeRow& wake) {
  if (!unsettled_.settle(uses_.commits)) return uses_.clock.now() + options_.retry_pause;
  const bool is_account =
      storage::keys::schedule_part(wake.target_key) == storage::keys::SchedulePart::account;
  const auto served = is_account ? serve_account(wake) : serve_workflow(wake);
  if (served || means_shard_moved(served.error().code)) {  // then its owner reads the row
    trouble_.over(wake.target_key);
    return served ? *served : std::nullopt;
  }
  trouble_.failed(wake.target_key, served.error());
  return uses_.clock.now() + options_.retry_pause;
}

Outcome TickStarter::drop(const storage::WakeRow& wake) {
  forget_pace(wake.target_key);
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  storage::WakeTable::remove(*batch, wake);
  return uses_.commits.commit(std::move(*batch));
}

Result<std::optional<TickStarter::Workflow>> TickStarter::scheduled(const ProjectId& project,
                                                                    const WorkflowId& id) {
  const auto row = table_.find(project, id);
  if (!row) return row.error();
  if (!*row) return std::optional<Workflow>();
  auto workflow = uses_.workflows.version(project, id, (*row)->version);
  if (!workflow) return workflow.error();
  if (!std::holds_alternative<SchedulerTrigger>((*workflow)->trigger)) {
    return Error(ErrorCode::corrupt_data, "workflow " + id.text + " has ticks and no schedule");
  }
  return std::optional(std::move(*workflow));
}

// --- a workflow -----------------------------------------------------------------------------------

Result<TickStarter::Again> TickStarter::serve_workflow(const storage::WakeRow& wake) {
  const auto seen = table_.find(wake.target_key);
  if (!seen) return seen.error();
  // Before it is held: what is compiled already costs nothing, anything else may take a while.
  auto workflow = *seen ? scheduled((*seen)->project, (*seen)->workflow)
                        : Result<std::optional<Workflow>>(std::optional<Workflow>());
  if (!workflow) return workflow.error();
  if (!*workflow || (*seen)->due != wake.due) {
    auto dropped = drop(wake);
    return dropped ? Result<Again>(Again()) : Result<Again>(dropped.error());
  }
  const auto held = uses_.workflows.hold((*seen)->project, (*seen)->workflow);
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  auto row = table_.find(wake.target_key);
  if (!row) return row.error();
  const Instant now = uses_.clock.now();
  const bool is_as_seen =
      *row && (*row)->due == wake.due && (*row)->version == (**workflow)->version;
  if (!is_as_seen) return Again(now);  // it was deployed at this moment
  if ((*row)->due > now) return Again();
  if (!(*row)->is_walking) begin_walk(**row);
  return walk_on(std::move(**row), **workflow, std::move(*batch));
}

void TickStarter::begin_walk(storage::ScheduleRow& row) const {
  const Instant reference = std::max(there_since_, uses_.clock.now() - options_.late_max);
  row.is_walking = true;
  row.is_missed = row.due < reference;
  // Everything that was missed is one walk. What came since is served tick by tick.
  row.walk_until = row.is_missed ? reference : row.due;
  row.walked_to.clear();
}

Result<TickStarter::Again> TickStarter::walk_on(storage::ScheduleRow row, const Workflow& workflow,
                                                storage::WriteBatch batch) {
  const auto& trigger = std::get<SchedulerTrigger>(workflow->trigger);
  const storage::ScheduleAudience audience(uses_.store, uses_.ownership.owned(), row.project,
                                           row.workflow, audience_of(*workflow));
  const bool is_many_each = row.is_missed && trigger.catch_up == CatchUp::all;
  const std::size_t part =
      is_many_each ? std::max<std::size_t>(1, part_of(row) / limits::schedule_caught_up_max)
                   : part_of(row);
  ScheduledStarts starts(uses_, notes_, options_, workflow, std::move(batch));
  const bool is_for_nobody = row.is_missed && trigger.catch_up == CatchUp::none;
  std::vector<storage::AudienceMember> members;
  if (!is_for_nobody) {
    auto listed = audience.list(row.walked_to, part + 1);
    if (!listed) return listed.error();
    members = std::move(*listed);
  }
  const bool is_last = members.size() <= part;
  if (!is_last) members.pop_back();
  if (auto added = add_runs(row, members, trigger, starts); !added) return added.error();
  if (is_last) return end_walk(std::move(row), workflow, starts);
  row.walked_to = members.back().key;
  storage::ScheduleTable::put(starts.batch(), row);
  if (auto stored = starts.commit(); !stored) {
    unsettled_.note();
    return stored.error();
  }
  const auto next = next_part(row, trigger, audience, part);
  return next ? Result<Again>(*next) : Result<Again>(next.error());
}

Outcome TickStarter::add_runs(const storage::ScheduleRow& row,
                              const std::vector<storage::AudienceMember>& members,
                              const SchedulerTrigger& trigger, ScheduledStarts& starts) {
  const Served served = row.is_missed ? Served::missed : Served::in_time;
  std::map<std::string, std::vector<Instant>> ticks_of_zone;
  for (const storage::AudienceMember& member : members) {
    // Who comes after a tick is served from the next one on.
    if (member.user.empty() || member.since > row.walk_until) continue;
    Result<TimeZone> zone = trigger.one_zone ? *trigger.one_zone : TimeZone();
    if (!trigger.one_zone) {
      const auto tenant = uses_.tenants.view(row.project, member.user);
      if (!tenant && tenant.error().code == ErrorCode::corrupt_data) continue;
      if (!tenant) return tenant.error();
      zone = zone_for(trigger, member.user, (*tenant)->user_meta());
    }
    if (!zone) {
      starts.note(member.user, member.credential, zone.error());
      continue;
    }
    auto known = ticks_of_zone.find(zone->name());
    if (known == ticks_of_zone.end()) {
      auto ticks = ticks_to_run(trigger, *zone, row.served_until, row.walk_until, served);
      known = ticks_of_zone.emplace(zone->name(), std::move(ticks)).first;
    }
    for (const Instant tick : known->second) {
      if (auto added = starts.add(member, tick); !added) return added;
    }
  }
  return Done{};
}

void TickStarter::note_missed(const Workflow& workflow, Instant from, Instant until) const {
  if (uses_.log_of_events == nullptr) return;
  const auto& trigger = std::get<SchedulerTrigger>(workflow->trigger);
  const auto left = left_out_ticks(trigger, trigger.one_zone.value_or(TimeZone()), from, until);
  if (left.count == 0) return;
  const bool is_capped = left.count == LeftOutTicks::count_max;
  std::string message = (is_capped ? "at least " : "") + std::to_string(left.count) +
                        (left.count == 1 ? " tick" : " ticks") +
                        " of its schedule were missed and are left out: the first of " +
                        to_text(left.first) + ", the last of " + to_text(left.last);
  if (!trigger.one_zone) message += " (as they are in UTC; each user has his own zone)";
  uses_.log_of_events->note({workflow->project,
                             {},
                             workflow->id,
                             std::string(scheduler_trigger_kind.type),
                             workflow->integration,
                             {}},
                            Error(ErrorCode::conflict, std::move(message)));
}

Result<TickStarter::Again> TickStarter::end_walk(storage::ScheduleRow row, const Workflow& workflow,
                                                 ScheduledStarts& starts) {
  const auto& trigger = std::get<SchedulerTrigger>(workflow->trigger);
  const Instant served_until = row.served_until;
  storage::WakeTable::remove(starts.batch(), storage::ScheduleTable::wake_of(row));
  const auto due = next_tick(trigger, row.walk_until);
  row.served_until = row.walk_until;
  row.is_walking = false;
  row.due = due.value_or(row.due);
  storage::ScheduleTable::put(starts.batch(), row);
  if (due) {
    storage::WakeTable::put(starts.batch(), storage::ScheduleTable::wake_of(row));
  }
  if (auto stored = starts.commit(); !stored) {
    unsettled_.note();
    return stored.error();
  }
  if (row.is_missed) note_missed(workflow, served_until, row.served_until);
  if (due) uses_.schedule(storage::ScheduleTable::wake_of(row));
  forget_pace(storage::keys::schedule(row.project, row.workflow));
  return Again();
}

void TickStarter::forget_pace(const std::string& key) {
  const std::lock_guard lock(mutex_);
  paces_.erase(key);
}

std::size_t TickStarter::part_of(const storage::ScheduleRow& row) {
  const std::lock_guard lock(mutex_);
  const auto known = paces_.find(storage::keys::schedule(row.project, row.workflow));
  return known == paces_.end() ? options_.parts.least : known->second.part(uses_.clock.now());
}

Result<Instant> TickStarter::next_part(const storage::ScheduleRow& row,
                                       const SchedulerTrigger& trigger,
                                       const storage::ScheduleAudience& audience,
                                       std::size_t part) {
  const std::string key = storage::keys::schedule(row.project, row.workflow);
  {
    const std::lock_guard lock(mutex_);
    const auto known = paces_.find(key);
    if (known != paces_.end()) {
      known->second.add_done(part);
      return known->second.next();
    }
  }
  // The first part, or the first one since the start: only this process knows its pace.
  const auto left = audience.count(row.walked_to);
  if (!left) return left.error();
  const Instant now = uses_.clock.now();
  Millis spread = trigger.spread;
  if (const auto next = next_tick(trigger, now)) {
    spread = std::min(spread, std::chrono::duration_cast<Millis>(*next - now));
  }
  const TickPace pace(now, spread, part + *left, part, options_.parts);
  const std::lock_guard lock(mutex_);
  paces_.insert_or_assign(key, pace);
  return pace.next();
}

// --- an account whose tick waits ------------------------------------------------------------------

Result<TickStarter::Again> TickStarter::serve_account(const storage::WakeRow& wake) {
  const auto seen = table_.find_account(wake.target_key);
  if (!seen) return seen.error();
  auto workflow = *seen ? scheduled((*seen)->project, (*seen)->workflow)
                        : Result<std::optional<Workflow>>(std::optional<Workflow>());
  if (!workflow) return workflow.error();
  const bool is_current = *seen && (*seen)->is_waiting && (*seen)->look_again == wake.due;
  if (!is_current) {
    auto dropped = drop(wake);
    return dropped ? Result<Again>(Again()) : Result<Again>(dropped.error());
  }
  const auto held = uses_.workflows.hold((*seen)->project, (*seen)->workflow);
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  auto row = table_.find_account(wake.target_key);
  if (!row) return row.error();
  if (*row != *seen) return Again(uses_.clock.now());
  Outcome stored = Done{};
  if (!*workflow) {  // there is no schedule any more, and nothing is to be run for it
    storage::WakeTable::remove(*batch, wake);
    (*row)->is_waiting = false;
    storage::ScheduleTable::put(*batch, **row);
    stored = uses_.commits.commit(std::move(*batch));
  } else {
    ScheduledStarts starts(uses_, notes_, options_, std::move(**workflow), std::move(*batch));
    if (auto looked = starts.look(std::move(**row)); !looked) return looked.error();
    stored = starts.commit();
  }
  if (stored) return Again();
  unsettled_.note();
  return stored.error();
}

}  // namespace millrace
