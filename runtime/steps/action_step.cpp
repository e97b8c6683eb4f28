// The action step: an action that an integration declares, for the user's account.
//
//   {"id", "type": "action", "action": "createContact", "parameters": {"email": "{{trigger.email}}"},
//    "integration": "crm"}
//
// `integration` defaults to the workflow's. Output: `result`; with continueOnError also `error` and
// `response`.

#include "runtime/requests/read_request.h"
#include "runtime/steps/step_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, SequenceReader&, Step& step) {
  ActionStep action;
  action.action = json.required_text("action").value_or("");
  action.integration = json.text("integration").value_or("");
  const Json* const parameters = json.find("parameters");
  if (parameters != nullptr && !parameters->is_object()) {
    json.report_mismatch(json.pointer_to("parameters"), "an object", *parameters);
  }
  action.parameters = json.any("parameters", JsonObject());
  check_request_timeout(json, step);
  step.config = std::move(action);
}

std::vector<Template*> templates(Step& step) {
  return {&std::get<ActionStep>(step.config).parameters};
}

std::vector<std::string> outputs(const Step& step) {
  if (step.continue_on_error) return {"result", "error", "response"};
  return {"result"};
}

}  // namespace

const StepKind action_step_kind{
    .type = "action",
    .history_type = "ACTION/CUSTOM",
    .supervision = Supervision::retried,
    .may_use_secrets = true,
    .read = read,
    .templates = templates,
    .sequences = no_sequences,
    .outputs = outputs,
};

}  // namespace millrace
