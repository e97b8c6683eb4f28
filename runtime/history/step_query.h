#pragma once
// Which of a run's steps are asked for, and a page of them.

#include "runtime/history/step_execution.h"
#include "runtime/history/step_position.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct StepQuery {
  std::optional<std::string> step{};     // the workflow's; "trigger"
  std::vector<std::uint32_t> indexes{};  // of the element, outermost first; what is inside it, too
  std::vector<std::string> statuses{};   // one of these; none: any
  std::optional<StepPosition> after{};
  std::size_t limit = 100;
};

struct StepPage {
  std::vector<StepExecution> steps;
  std::optional<StepPosition> next;  // behind which the next page begins; nothing: this is the last
};

}  // namespace millrace
