// The action step: an action that an integration or a resource declares, for the user's account.
//
//   {"id", "type": "action", "action": "createContact", "parameters": {"email": "{{trigger.email}}"},
//    "integration": "crm"}
//
// `integration` defaults to the workflow's; `resource` takes its place. Output: `result`; with pagination also `error`,
// when a later page failed; with continueOnError also `error` and `response`.

#include "runtime/integrations/resource.h"
#include "runtime/requests/read_request.h"
#include "runtime/steps/step_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, SequenceReader&, Step& step) {
  ActionStep action;
  action.action = json.required_constant_text("action").value_or("");
  action.integration = read_called_type(json).value_or("");
  action.parameters = json.object("parameters");
  step.config = std::move(action);
}

std::vector<Template*> templates(Step& step) {
  return {&std::get<ActionStep>(step.config).parameters};
}

std::vector<std::string> outputs(const Step& step) {
  if (step.continue_on_error) return {"result", "error", "response"};
  const auto* const definition = std::get<ActionStep>(step.config).declared;
  // An action that was not found has a finding already: it may be one with pages.
  const bool may_have_pages = definition == nullptr || definition->request.pagination;
  if (may_have_pages) return {"result", "error"};
  return {"result"};
}

}  // namespace

const StepKind action_step_kind{
    .type = "action",
    .history_type = "ACTION/CUSTOM",
    .supervision = Supervision::retried,
    .may_use_secrets = true,
    .timeout_max = limits::request_time_settable_max,
    .read = read,
    .templates = templates,
    .sequences = no_sequences,
    .outputs = outputs,
};

}  // namespace millrace
