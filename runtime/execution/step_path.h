#pragma once
// The name of one run of a step within its execution: the step's id, inside a fan-out with the element's
// index: "tag.3", in nested ones "tag.3.0". It is the id of the step execution in the task history and
// part of the idempotency key.

#include "runtime/workflows/workflow.h"

#include <string>
#include <vector>

namespace millrace {

inline std::string step_path(std::string path, const std::vector<std::uint32_t>& indexes) {
  for (const auto index : indexes) path += '.' + std::to_string(index);
  return path;
}
inline std::string step_path(const Step& step, const std::vector<std::uint32_t>& indexes) {
  return step_path(step.id.text, indexes);
}

}  // namespace millrace
