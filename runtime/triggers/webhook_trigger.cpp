// The trigger of a webhook in a definition; the workflow's integration declares it:
//
//   {"type": "webhook", "webhook": "contactCreated"}

#include "runtime/triggers/webhook_trigger.h"

#include "runtime/reading/object_reader.h"
#include "runtime/triggers/delivered_output.h"
#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, Trigger& trigger) {
  trigger = WebhookTrigger{read_trigger_name(json, "webhook")};
}

std::string name(const Trigger& trigger) { return std::get<WebhookTrigger>(trigger).webhook; }

}  // namespace

const TriggerKind webhook_trigger_kind{
    .type = "webhook",
    .history_type = "TRIGGER/ACTION",
    .started_by = "deliveries of its webhook",
    .read = read,
    .templates = no_templates,
    .roots = {},
    .outputs = delivered_outputs,
    .name = name,
    .receive = as_it_came,
    .may_wait = true,
};

}  // namespace millrace
