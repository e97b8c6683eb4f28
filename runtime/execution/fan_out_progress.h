#pragma once
// The reduce: which elements of an open fan-out have run, and what they add up to. Pure: any order of
// results, any interleaving and any crash in between gives the same outcome, because results are
// placed by index and the outcome is computed once, when all have settled.

#include "runtime/execution/branch_machine.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace millrace {

/// What an ended child tells its parent.
struct BranchResult {
  std::vector<std::pair<StepIndex, SharedJson>> outputs;  // of the steps that are read outside
  std::optional<BranchFailure> failure;
  std::uint32_t tasks = 0;
};

/// Takes the result out of an ended child's machine; of which fan-out it is, that knows.
BranchResult result_of(const BranchMachine& child);
BranchResult result_of(const BranchMachine& child, const Step& fan_out);

class FanOutProgress {
 public:
  FanOutProgress(const Workflow& workflow, const Step& step, std::uint32_t count);

  /// The next element to start, if one may start: elements in order, at most `concurrency` unsettled
  /// ones, none after a failure under onError "fail".
  std::optional<std::uint32_t> start_next();
  /// A child that had begun before a crash: it counts as started, whatever its order.
  void mark_started(std::uint32_t index);
  void settle(std::uint32_t index, BranchResult result);
  /// A started child stopped before its end because the fan-out is failing.
  void abandon(std::uint32_t index);

  bool is_failing() const { return failing_; }
  std::uint32_t unsettled() const { return unsettled_; }
  /// Nothing is running and nothing more will start.
  bool is_settled() const;

  /// FanOutJoined, or StepFailed naming the first failed index. Requires is_settled().
  EventBody conclude(Instant started, std::uint64_t input_bytes) const;

 private:
  enum class Element : std::uint8_t { pending, started, settled, abandoned };
  struct Column {
    StepIndex step;
    std::vector<SharedJson> values;  // by element; null pointer: the step did not run
  };

  const Step& step_;
  const FanOutStep& config_;
  std::vector<Element> elements_;
  std::vector<Column> columns_;
  std::vector<std::pair<std::uint32_t, BranchFailure>> failures_;
  std::uint32_t next_ = 0;
  std::uint32_t unsettled_ = 0;
  std::uint32_t settled_ = 0;
  std::uint32_t tasks_ = 0;
  bool failing_ = false;
};

}  // namespace millrace
