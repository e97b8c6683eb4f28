#pragma once
// Which branch of which run, and what all branches of one incarnation of the run share. Immutable; one
// value is shared by a branch's actor, its parts and its commits on their way.

#include "actors/runs/live_places.h"
#include "actors/runs/run_order.h"
#include "actors/runs/run_secrets.h"
#include "actors/runs/tenure.h"
#include "actors/tenants/tenant_view.h"
#include "runtime/execution/branch_path.h"

#include <memory>

namespace millrace {

struct BranchIdentity {
  ExecutionId execution;
  BranchPath path;
  ProjectId project;
  UserId user;
  Priority priority = priority_standard;  // of the run
  /// Under which this incarnation commits: taken before the rows that it is built from were read.
  Tenure tenure;
  /// Whose run it is; asked without the disk.
  SharedTenant tenant;
  /// Of its elements; never null.
  std::shared_ptr<LivePlaces> places;
  /// Whether it may still go on; never null.
  std::shared_ptr<RunRules> rules;
  /// What it must not tell; never null.
  std::shared_ptr<RunSecrets> secrets;
  /// Where a Response step answers; null when nobody waits.
  std::shared_ptr<ReplySlot> reply;
};

using SharedIdentity = std::shared_ptr<const BranchIdentity>;

}  // namespace millrace
