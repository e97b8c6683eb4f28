#include "http/api/step_json.h"

#include "runtime/text/time_text.h"

namespace millrace {

JsonObject step_json(const StepExecution& step, const std::string& execution) {
  JsonArray next;
  for (const auto& id : step.next) next.emplace_back(id);
  JsonObject object{{"id", step.id},
                    {"stepId", step.step.text},
                    {"workflowExecutionId", execution},
                    {"status", step.status},
                    {"type", step.type},
                    {"start", to_text(step.start)},
                    {"end", step.end ? Json(to_text(*step.end)) : Json(nullptr)},
                    {"next", std::move(next)},
                    {"prev", step.previous ? Json(*step.previous) : Json(nullptr)},
                    {"inputSize", step.input_bytes},
                    {"outputSize", step.output_bytes}};
  if (step.version != 0) object["workflowVersion"] = step.version;
  if (step.wakes) object["wakesAt"] = to_text(*step.wakes);
  if (step.kept_from) object["keptFrom"] = *step.kept_from;
  if (step.is_given) object["isGiven"] = true;
  if (step.error) {
    object["error"] =
        JsonObject{{"code", wire_name(step.error->code)}, {"message", step.error->message}};
  }
  if (!step.selected_choice.empty()) object["selectedChoice"] = step.selected_choice;
  if (!step.indexes.empty()) {
    object["index"] = step.indexes.back();
    object["indexes"] = JsonArray(step.indexes.begin(), step.indexes.end());
  }
  return object;
}

}  // namespace millrace
