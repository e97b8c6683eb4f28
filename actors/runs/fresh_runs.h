#pragma once
// Runs that were stored a moment ago and that nobody has begun: whoever begins one of them is given the order that
// its first rows were written from, and need not read them back.
//
// An order is put here before its rows are committed, and taken by the first who builds the run, whether that
// is the door that stored it or the recovery sweep that found it. So one that is here has not been begun, and
// its first event is all there is of it. One that is not here is read from its rows: leaving the oldest out,
// when there are too many, costs nothing but that.
//
// Thread-safe.

#include "actors/runs/run_order.h"
#include "runtime/base/execution_id.h"
#include "storage/ordered_store.h"

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace millrace {

class FreshRuns {
 public:
  // Acknowledgements may be ahead of the work for a moment. With room for less than that, the oldest would be gone
  // when their turn comes, and reading all of them back would keep the work behind.
  static constexpr std::size_t runs_max = 16'384;
  static constexpr std::size_t bytes_max = 16u << 20;
  /// Of a run's first rows; larger ones are read back.
  static constexpr std::size_t start_bytes_max = 64u << 10;

  /// `fence` is that of the commit to come, `bytes` the size of its first rows.
  void add(std::shared_ptr<const RunOrder> order, storage::Fence fence, std::size_t bytes);
  /// The commit failed.
  void forget(const ExecutionId& execution);
  /// Null: there is none, or its shard was away since, and another node may have begun it.
  std::shared_ptr<const RunOrder> take(const ExecutionId& execution, storage::Fence fence);

 private:
  struct Fresh {
    std::shared_ptr<const RunOrder> order;
    storage::Fence fence;
    std::size_t bytes = 0;
  };
  using Runs = std::list<Fresh>;  // the oldest first

  std::optional<Fresh> remove(const ExecutionId& execution);
  Fresh drop(Runs::iterator run);  // with the lock held

  std::mutex mutex_;  // guards what follows
  Runs runs_;
  std::size_t bytes_ = 0;  // of them
  std::unordered_map<ExecutionId, Runs::iterator> places_;
};

}  // namespace millrace
