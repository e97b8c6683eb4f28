#pragma once
// How many runs began and ended, and how long attempts at steps took, as counted from the journal: an
// event counts when it is durable, once. Recorded on the commit thread, read by any thread.

#include "actors/observation/run_observer.h"
#include "runtime/base/histogram.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <variant>

namespace millrace {

/// Each kind of step, as definitions name it, in the order of `Step::config`.
inline constexpr std::array<std::string_view, std::variant_size_v<decltype(Step::config)>>
    observed_step_kinds = {"function", "conditional", "fanOut", "delay",
                           "response", "request",     "action"};

class RunMetrics final : public RunObserver {
 public:
  /// Of the attempts at one kind of step.
  struct StepTimes {
    Histogram completed{buckets::long_times};
    Histogram retried{buckets::long_times};  // failed, and another attempt follows
    Histogram failed{buckets::long_times};   // for good
  };

  void durable(const DurableEvents& durable) override;

  std::uint64_t started() const { return started_.load(std::memory_order_relaxed); }
  /// `status` is a final one.
  std::uint64_t ended(ExecutionStatus status) const;
  /// By position in observed_step_kinds.
  const StepTimes& step_times(std::size_t kind) const { return steps_.at(kind); }

 private:
  void observe(const Workflow& workflow, const ObservedEvent& event);

  std::atomic<std::uint64_t> started_{0};
  std::atomic<std::uint64_t> succeeded_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> cancelled_{0};
  std::array<StepTimes, observed_step_kinds.size()> steps_;
};

}  // namespace millrace
