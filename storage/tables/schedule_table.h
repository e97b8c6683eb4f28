#pragma once
// What schedules keep, so that each tick runs exactly once for each account, whatever crashes.
//
// A deployed workflow with a schedule has one row, on its project's shard: up to when everything has been
// served, when it wants to be woken, and how far the tick at hand has come. It is written in one batch with
// the wake of that time (wake_table.h), and with the runs that the tick starts.
//
// An account has a row of its own for a workflow whose runs may not overlap: which run was the last, and
// whether a tick waits for its end. It lies on the user's shard, beside the run.

#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"
#include "storage/tables/wake_table.h"

#include <cstdint>
#include <optional>
#include <string>

namespace millrace::storage {

struct ScheduleRow {
  ProjectId project;
  WorkflowId workflow;
  WorkflowVersion version = 0;  // that is live
  std::string schedule;         // SchedulerTrigger::text of that version
  Instant served_until{};       // ticks until here are served or left out, these included
  Instant due{};                // of its wake: the first tick after `served_until`

  /// The ticks in (served_until, walk_until] are being served, account by account.
  bool is_walking = false;
  Instant walk_until{};
  bool is_missed = false;  // they came while nobody was there
  std::string walked_to;   // the key of the last account that is through (schedule_audience.h)

  bool operator==(const ScheduleRow&) const = default;
};

struct ScheduledAccountRow {
  ProjectId project;
  UserId user;
  WorkflowId workflow;
  std::string credential;  // empty: the workflow needs none
  ExecutionId last{};      // the run that was started last
  /// A tick that waits for its end. Then the row has a wake, at `look_again`.
  bool is_waiting = false;
  Instant waiting{};
  Instant look_again{};
  std::uint32_t looks = 0;  // how often it was looked in vain

  bool operator==(const ScheduledAccountRow&) const = default;
};

class ScheduleTable {
 public:
  explicit ScheduleTable(const OrderedStore& store) : store_(store) {}

  /// The row alone; its wake is the caller's.
  static void put(WriteBatch& batch, const ScheduleRow& row);
  static void put(WriteBatch& batch, const ScheduledAccountRow& row);
  static void remove(WriteBatch& batch, const ScheduleRow& row);

  static WakeRow wake_of(const ScheduleRow& row);
  /// Of a row that waits.
  static WakeRow wake_of(const ScheduledAccountRow& row);

  Result<std::optional<ScheduleRow>> find(const ProjectId& project,
                                          const WorkflowId& workflow) const;
  /// By the target key of a wake.
  Result<std::optional<ScheduleRow>> find(const std::string& key) const;
  Result<std::optional<ScheduledAccountRow>> find_account(const std::string& key) const;

  /// Removes what is kept of a user, wakes included.
  Outcome remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
