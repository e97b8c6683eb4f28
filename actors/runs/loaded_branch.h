#pragma once
// A branch rebuilt from storage: its machine, and if a fan-out is open, how far its elements are.

#include "actors/runs/run_secrets.h"
#include "actors/tenants/tenant_view.h"
#include "runtime/execution/branch_machine.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/execution/fan_out_progress.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace millrace {

/// The elements of an open fan-out that have a journal; all others begin anew.
struct FoundChildren {
  struct Begun {
    std::uint32_t index = 0;
    std::optional<Instant> due;  // it waits, and a timer row will wake it
    bool is_delayed = false;     // in a delay, not between two attempts
    std::uint32_t tasks = 0;     // what it counts for so far, with the elements inside it
  };
  std::uint32_t tasks() const;

  StepCounts steps;  // of all of them, and those inside them
  std::vector<std::pair<std::uint32_t, BranchResult>> settled;  // ended
  std::vector<Begun> begun;                                     // not ended
};

inline std::uint32_t FoundChildren::tasks() const {
  std::uint32_t tasks = 0;
  for (const auto& [index, result] : settled) tasks += result.tasks;
  for (const Begun& each : begun) tasks += each.tasks;
  return tasks;
}

struct LoadedBranch {
  BranchMachine machine;
  std::uint64_t events_in_snapshot = 0;
  FoundChildren children;
  /// An attempt may have been under way when the branch was last in memory: one that begins now is a repeat.
  bool may_repeat = false;
  /// An element that begins: nobody has counted it.
  bool is_new = false;
};

struct LoadedRun {
  ExecutionSummary summary;
  LoadedBranch root;
  SharedTenant tenant;
  std::shared_ptr<RunSecrets> secrets;
};

}  // namespace millrace
