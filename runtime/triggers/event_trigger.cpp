// The trigger of an app event in a definition:
//
//   {"type": "event", "event": "Contact Created", "objectMapping": "{{settings.contactFields}}"}

#include "runtime/triggers/event_trigger.h"

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/triggers/object_mapping.h"
#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, Trigger& trigger) {
  EventTrigger event{json.required_text("event").value_or("")};
  if (event.event.empty()) {
    if (json.find("event") != nullptr) json.report("event", "an event has a name");
  } else if (event.event.size() > limits::id_bytes_max) {
    json.report("event", "the name of an event has at most " +
                             std::to_string(limits::id_bytes_max) + " bytes");
    event.event.clear();
  }
  event.object_mapping = read_object_mapping(json);
  trigger = std::move(event);
}

/// The payload's own keys: a live payload may have any.
std::vector<TriggerOutput> outputs(const Trigger&) { return {}; }

std::string name(const Trigger& trigger) { return std::get<EventTrigger>(trigger).event; }

}  // namespace

const TriggerKind event_trigger_kind{
    .type = "event",
    .history_type = "TRIGGER/EVENT",
    .started_by = "app events",
    .read = read,
    .templates = no_templates,
    .roots = {},
    .outputs = outputs,
    .name = name,
    .receive = as_it_came,
    .may_wait = true,
};

}  // namespace millrace
