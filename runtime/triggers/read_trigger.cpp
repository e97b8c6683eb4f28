#include "runtime/triggers/read_trigger.h"

#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"

namespace millrace {
namespace {

void report_type(ObjectReader& json, const std::string& type) {
  const std::string supported = list_names(trigger_types());
  json.report_obstacle("type", "there is no trigger type `" + type + "`; supported: " + supported,
                       supported, type, nearest_name(type, trigger_types()));
}

}  // namespace

std::optional<Trigger> read_trigger(ObjectReader& workflow) {
  const Json* const value = workflow.require("trigger", "an object with a `type`");
  if (value == nullptr) return std::nullopt;
  ObjectReader json(*value, workflow.pointer_to("trigger"), "", workflow.findings());
  const auto type = json.required_text("type");
  if (!type) return std::nullopt;
  const TriggerKind* const kind = find_trigger_kind(*type);
  if (kind == nullptr) {
    report_type(json, *type);
    return std::nullopt;
  }
  json.text("description");
  Trigger trigger;
  kind->read(json, trigger);
  json.finish();
  return trigger;
}

}  // namespace millrace
