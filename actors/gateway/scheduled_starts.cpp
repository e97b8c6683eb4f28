#include "actors/gateway/scheduled_starts.h"

#include "actors/gateway/joint_starter.h"
#include "actors/runs/start_rows.h"
#include "runtime/text/time_text.h"
#include "storage/keys.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// A condition that the account or its project does not meet, or damage of what is stored of it: neither keeps the
/// others from their runs.
bool is_of_account(ErrorCode code) {
  return is_passed_over(code) || code == ErrorCode::corrupt_data;
}

}  // namespace

ScheduledStarts::ScheduledStarts(TickDependencies& uses, UnmetNotes& notes,
                                 const TickOptions& options,
                                 std::shared_ptr<const Workflow> workflow,
                                 storage::WriteBatch batch)
    : uses_(uses),
      notes_(notes),
      options_(options),
      workflow_(std::move(workflow)),
      trigger_(std::get<SchedulerTrigger>(workflow_->trigger)),
      batch_(std::move(batch)) {}

Outcome ScheduledStarts::add(const storage::AudienceMember& member, Instant tick) {
  if (auto fenced = require(member.shard); !fenced) return fenced;
  if (trigger_.overlap == Overlap::allow) {
    const auto started = start(member.user, member.credential, tick);
    return started ? Outcome(Done{}) : Outcome(started.error());
  }
  return start_alone(member, tick);
}

Outcome ScheduledStarts::start_alone(const storage::AudienceMember& member, Instant tick) {
  const std::string key = storage::keys::scheduled_account(workflow_->project, member.user,
                                                           workflow_->id, member.credential);
  auto known = accounts_.find(key);
  if (known == accounts_.end()) {
    auto row = storage::ScheduleTable(uses_.store).find_account(key);
    if (!row) return row.error();
    if (!*row) {
      row->emplace();
      (*row)->project = workflow_->project;
      (*row)->user = member.user;
      (*row)->workflow = workflow_->id;
      (*row)->credential = member.credential;
    }
    known = accounts_.emplace(key, std::move(**row)).first;
  }
  storage::ScheduledAccountRow& row = known->second;
  const auto going = is_going(row.last);
  if (!going) return going.error();
  if (*going && row.is_waiting) {
    leave_out(member, tick, "and another one waits for its end already");
    return Done{};
  }
  if (*going && trigger_.overlap == Overlap::skip) {
    leave_out(member, tick, "and the schedule skips what it overlaps");
    return Done{};
  }
  if (*going) {
    row.waiting = tick;
    row.looks = 0;
    put_waiting(row, uses_.clock.now() + options_.first_look);
    return Done{};
  }
  // What has waited longer comes first, and this tick takes its place in the queue.
  const Instant first = row.is_waiting ? std::exchange(row.waiting, tick) : tick;
  const auto started = start(member.user, member.credential, first);
  if (!started) return started.error();
  if (*started == Started::yes) row.last = orders_.back()->execution;
  storage::ScheduleTable::put(batch_, row);
  return Done{};
}

Outcome ScheduledStarts::look(storage::ScheduledAccountRow row) {
  storage::WakeTable::remove(batch_, storage::ScheduleTable::wake_of(row));
  const auto going = is_going(row.last);
  if (!going) return going.error();
  if (*going) {
    const Millis pause = options_.first_look * (std::int64_t{1} << std::min(row.looks + 1, 16u));
    ++row.looks;
    put_waiting(row, uses_.clock.now() + std::min(pause, options_.look_pause_max));
    return Done{};
  }
  row.is_waiting = false;
  const auto started = start(row.user, row.credential, row.waiting);
  if (!started) return started.error();
  if (*started == Started::yes) row.last = orders_.back()->execution;
  storage::ScheduleTable::put(batch_, row);
  return Done{};
}

void ScheduledStarts::put_waiting(storage::ScheduledAccountRow& row, Instant look_again) {
  row.is_waiting = true;
  row.look_again = look_again;
  storage::ScheduleTable::put(batch_, row);
  wakes_.push_back(storage::ScheduleTable::wake_of(row));
  storage::WakeTable::put(batch_, wakes_.back());
}

Result<ScheduledStarts::Started> ScheduledStarts::start(const UserId& user,
                                                        const std::string& credential,
                                                        Instant tick) {
  auto order = uses_.starter.prepare({.workflow = workflow_,
                                      .kind = &scheduler_trigger_kind,
                                      .user = user,
                                      .output = tick_output(tick),
                                      .credential = credential});
  if (!order && is_of_account(order.error().code)) {
    note(user, credential, order.error());
    return Started::no;
  }
  if (!order) return order.error();
  put_start(batch_, **order);
  started_.insert((*order)->execution);
  orders_.push_back(std::move(*order));
  return Started::yes;
}

void ScheduledStarts::note(const UserId& user, const std::string& credential, const Error& why) {
  Error told = why;
  told.message = "a tick of its schedule: " + why.message;
  notes_.note(entry_for(user), credential, told);
}

EventLogEntry ScheduledStarts::entry_for(const UserId& user) const {
  return {workflow_->project,     user, workflow_->id, std::string(scheduler_trigger_kind.type),
          workflow_->integration, {}};
}

void ScheduledStarts::leave_out(const storage::AudienceMember& member, Instant tick,
                                const std::string& why) {
  left_out_.emplace_back(member.user,
                         Error(ErrorCode::conflict, "the tick of " + to_text(tick) +
                                                        " is left out: the run of an earlier one "
                                                        "is still going, " +
                                                        why));
}

Result<bool> ScheduledStarts::is_going(const ExecutionId& run) const {
  if (run == ExecutionId{}) return false;
  if (started_.contains(run)) return true;
  const auto summary = storage::ExecutionTable(uses_.store).summary(run);
  if (!summary) return summary.error();
  return *summary && !is_final((*summary)->status);
}

Outcome ScheduledStarts::require(ShardId shard) {
  if (!fenced_.insert(shard).second) return Done{};
  const auto fence = uses_.ownership.fence(shard);
  if (!fence) return fence.error();
  batch_.require(*fence);
  return Done{};
}

Outcome ScheduledStarts::commit() {
  if (auto stored = uses_.commits.commit(std::move(batch_), workflow_->project); !stored) {
    return stored;
  }
  for (const auto& order : orders_) {
    tell_stored(*order, uses_.observer);
    uses_.resume(*order);
  }
  for (const auto& wake : wakes_) uses_.schedule(wake);
  if (uses_.log_of_events == nullptr) return Done{};
  for (const auto& [user, why] : left_out_) uses_.log_of_events->note(entry_for(user), why);
  return Done{};
}

}  // namespace millrace
