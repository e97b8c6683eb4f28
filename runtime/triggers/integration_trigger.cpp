// A trigger of the workflow's integration in a definition:
//
//   {"type": "integration", "trigger": "recordCreated", "parameters": {"recordType": "Lead"}}

#include "runtime/triggers/integration_trigger.h"

#include "runtime/reading/object_reader.h"
#include "runtime/text/bare_name.h"
#include "runtime/triggers/delivered_output.h"
#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, Trigger& trigger) {
  IntegrationTrigger offered{read_trigger_name(json, "trigger")};
  const Template parameters = json.object("parameters");
  if (!parameters.is_constant()) {
    json.report("parameters", "what a trigger is given is known before there is a run",
                "parameters without references");
  } else if (const Json given = parameters.constant(); given.is_object()) {
    offered.parameters = given;
  }
  trigger = std::move(offered);
}

std::vector<TriggerOutput> outputs(const Trigger& trigger) {
  const bool is_polled = std::get<IntegrationTrigger>(trigger).poll != nullptr;
  return is_polled ? std::vector<TriggerOutput>{{"result", {}}} : delivered_outputs(trigger);
}

/// Without its notation, because an intent is another one for the same trigger.
std::string name(const Trigger& trigger) {
  const std::string& given = std::get<IntegrationTrigger>(trigger).trigger;
  std::string bare = bare_name(given);
  return bare.empty() ? given : bare;
}

}  // namespace

const TriggerKind integration_trigger_kind{
    .type = "integration",
    .history_type = "TRIGGER/ACTION",
    .started_by = "events of its integration",
    .read = read,
    .templates = no_templates,
    .roots = {},
    .outputs = outputs,
    .name = name,
    .receive = as_it_came,
    .may_wait = true,
};

}  // namespace millrace
