#pragma once
// What polls keep, so that each record runs once for each account, whatever crashes.
//
// A deployed workflow with a poll has one row, on its project's shard: since when it is polled. It says whether
// what an account has belongs to that poll, or to one that was there before.
//
// Each account that is polled for it has a row on its user's shard, beside the runs: how far it has come, and
// what is wrong if its looks fail. It is written with the runs that a look starts. A look that finds nothing
// writes no row at all, but the wake of the next one (wake_table.h): so a wake of a poll that does not fail is
// taken as it is, and one of a poll that fails must be that of the row's `due`.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"
#include "storage/tables/wake_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

struct PolledWorkflowRow {
  ProjectId project;
  WorkflowId workflow;
  std::string poll;  // Poll::text of what is live
  Instant begun{};   // of that text
  Millis interval{};
  bool operator==(const PolledWorkflowRow&) const = default;
};

struct PolledAccountRow {
  ProjectId project;
  UserId user;
  WorkflowId workflow;
  std::string credential;
  Instant begun{};  // of the workflow's row that it belongs to

  bool has_begun = false;
  std::string cursor;  // JSON; empty: none
  std::string seen;    // 16 bytes each, the latest last

  // While looks fail.
  std::uint32_t failures = 0;  // in a row
  Instant due{};               // of the next look
  Instant failed{};            // the last time
  std::string code;            // of the error, on the wire
  std::string message;
  Instant held_until{};  // by the provider, which has said so; 1970: not at all

  bool operator==(const PolledAccountRow&) const = default;
};

class PollTable {
 public:
  explicit PollTable(const OrderedStore& store) : store_(store) {}

  /// The rows alone; their wakes are the caller's.
  static void put(WriteBatch& batch, const PolledWorkflowRow& row);
  static void put(WriteBatch& batch, const PolledAccountRow& row);
  static void remove(WriteBatch& batch, const PolledWorkflowRow& row);
  /// Also when there is none. Its wake finds nothing, and goes.
  static void remove_account(WriteBatch& batch, const ProjectId& project, const UserId& user,
                             const WorkflowId& workflow, const std::string& credential);

  static std::string key_of(const PolledAccountRow& row);
  static WakeRow wake_of(const PolledWorkflowRow& row, Instant due);
  static WakeRow wake_of(const PolledAccountRow& row, Instant due);

  Result<std::optional<PolledWorkflowRow>> find(const ProjectId& project,
                                                const WorkflowId& workflow) const;
  /// By the target key of a wake.
  Result<std::optional<PolledWorkflowRow>> find(const std::string& key) const;
  Result<std::optional<PolledAccountRow>> find_account(const std::string& key) const;
  /// All of a user.
  Result<std::vector<PolledAccountRow>> list(const ProjectId& project, const UserId& user) const;

  /// Removes what is kept of a user.
  Outcome remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
