#pragma once
// What steps gave in the latest tests, so that an editor can offer their values where somebody refers to them.
// In memory, and cut: a restart forgets it, and the next test brings it back. Thread-safe.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/recent_map.h"
#include "runtime/history/step_execution.h"

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace millrace {

namespace limits {
/// Of one output, about as JSON text. Enough to see its shape.
inline constexpr std::size_t test_output_bytes_max = 16u << 10;
inline constexpr std::size_t test_output_text_bytes_max = 1'024;
/// Of all workflows; beyond, those that were tested longest ago are forgotten.
inline constexpr std::size_t test_outputs_bytes_max = 32u << 20;
inline constexpr std::size_t test_outputs_workflows_max = 4'096;
}  // namespace limits

/// The value, with texts, arrays and objects cut so that it stays small. `is_cut` is set if something is missing.
Json sample_of(const Json& value, bool& is_cut);

struct TestOutput {
  Json output;
  bool is_cut = false;
  Instant at{};
};
/// By the step's id; the trigger's is "trigger".
using StepOutputs = std::map<std::string, TestOutput>;

class TestOutputs {
 public:
  /// Those of the steps that succeeded replace what they gave before; of a step in a fan-out, that of the first
  /// element.
  void note(const ProjectId& project, const WorkflowId& workflow,
            const std::vector<StepDetail>& steps);
  StepOutputs of(const ProjectId& project, const WorkflowId& workflow);
  void forget(const ProjectId& project, const WorkflowId& workflow);
  /// A user is erased: which of them are that user's is not worth knowing.
  void forget_all();

 private:
  std::mutex mutex_;
  RecentMap<std::string, StepOutputs> by_workflow_{
      {limits::test_outputs_workflows_max, limits::test_outputs_bytes_max}};
};

}  // namespace millrace
