#include "runtime/workflows/named_steps.h"

#include "runtime/text/nearest_name.h"

#include <vector>

namespace millrace {

const Step* step_named(const Workflow& workflow, std::string_view id) {
  for (const Step* const step : workflow.by_index) {
    if (step->id.text == id) return step;
  }
  return nullptr;
}

std::string nearest_step(const Workflow& workflow, std::string_view id) {
  std::vector<std::string> ids;
  for (const Step* const step : workflow.by_index) ids.push_back(step->id.text);
  return nearest_name(id, ids);
}

}  // namespace millrace
