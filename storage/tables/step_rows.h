#pragma once
// Rows that answer for many steps of one run at once, so that nobody has to read the journals of a hundred
// thousand elements: how often the steps inside the fan-out that is open have run so far, a name for each
// step inside a fan-out that has failed for good, and which attempts were begun again after the server had
// stopped. Written in the same batch as the events that they go with; erased with their execution.
//
// The counts are kept by the root branch alone, now and then while elements go on: they are what was durable a
// few milliseconds ago, and where elements stood that had begun by then. What counts when a fan-out has ended is in
// the event that ends it.

#include "runtime/base/execution_id.h"
#include "runtime/execution/branch_path.h"
#include "runtime/execution/step_counts.h"
#include "storage/ordered_store.h"

#include <functional>
#include <optional>
#include <vector>

namespace millrace::storage {

struct OpenFanOutCounts {
  StepIndex fan_out = 0;  // of the root branch
  StepCounts counts{};
};

/// A step of an element that has failed for good.
struct FailedStep {
  StepIndex step = 0;
  BranchPath branch{};
  auto operator<=>(const FailedStep&) const = default;
};

/// An attempt that was begun again at that time, because whoever made it before has stopped.
struct RepeatedAttempt {
  BranchPath branch{};
  std::uint64_t events_before = 0;  // of the branch
  Instant at{};
  bool operator==(const RepeatedAttempt&) const = default;
};

class StepRows {
 public:
  explicit StepRows(const OrderedStore& store) : store_(store) {}

  static void put_counts(WriteBatch& batch, const ExecutionId& id, const OpenFanOutCounts& counts);
  static void put_failed(WriteBatch& batch, const ExecutionId& id, const FailedStep& failed);
  static void put_repeated(WriteBatch& batch, const ExecutionId& id,
                           const RepeatedAttempt& attempt);

  // --- reading (blocks on the disk) ------------------------------------------------------------
  Result<std::optional<OpenFanOutCounts>> counts(const ExecutionId& id) const;
  /// By step, then by element, beginning behind `after`; with `step`, that step's alone. `visit` returns false
  /// to stop.
  Outcome failed(const ExecutionId& id, const std::optional<StepIndex>& step,
                 const std::optional<FailedStep>& after,
                 const std::function<bool(FailedStep)>& visit) const;
  /// By branch and time; `most` at most.
  Result<std::vector<RepeatedAttempt>> repeated(const ExecutionId& id, std::size_t most) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
