// The trigger of a resource in a definition; the resource declares the webhook:
//
//   {"type": "resource", "resource": "api", "webhook": "userCreated"}

#include "runtime/triggers/resource_trigger.h"

#include "runtime/integrations/resource.h"
#include "runtime/triggers/delivered_output.h"
#include "runtime/triggers/trigger_catalog.h"

namespace millrace {
namespace {

void read(ObjectReader& json, Trigger& trigger) {
  const std::string resource = read_trigger_name(json, "resource");
  trigger = ResourceTrigger{resource.empty() ? resource : resource_type(resource),
                            read_trigger_name(json, "webhook")};
}

/// The webhooks of several resources may bear one name: who asks looks which resource it is.
std::string name(const Trigger& trigger) { return std::get<ResourceTrigger>(trigger).webhook; }

}  // namespace

const TriggerKind resource_trigger_kind{
    .type = "resource",
    .history_type = "TRIGGER/ACTION",
    .started_by = "deliveries of a resource's webhook",
    .read = read,
    .templates = no_templates,
    .roots = {},
    .outputs = delivered_outputs,
    .name = name,
    .receive = as_it_came,
    .may_wait = true,
};

}  // namespace millrace
