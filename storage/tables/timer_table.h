#pragma once
// Timers as rows: every wake-up of a sleeping run is derived from one of these, so a lost message
// or a dead process costs latency and never a run.

#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/execution/branch_path.h"
#include "storage/ordered_store.h"

#include <functional>
#include <optional>

namespace millrace::storage {

struct TimerRow {
  Instant due{};
  ExecutionId execution;
  BranchPath branch;
  StepIndex step = 0;
  ProjectId project;
  UserId user;
  auto operator<=>(const TimerRow&) const = default;
};

class TimerTable {
 public:
  explicit TimerTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const TimerRow& timer);
  static void remove(WriteBatch& batch, const TimerRow& timer);

  /// Timers due before `before`, earliest first within each shard; `visit` returns false to stop.
  Outcome due(Instant before, const std::function<bool(TimerRow)>& visit) const;
  /// The earliest due time of all shards at or after `from`, if there is any.
  Result<std::optional<Instant>> next_due(Instant from) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
