#include "runtime/triggers/read_trigger.h"

#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"

#include <array>

namespace millrace {
namespace {

/// Types that the definition format has but this version cannot run.
constexpr std::array<std::string_view, 2> planned_types{"resource", "poll"};

bool is_planned(std::string_view type) {
  for (const std::string_view planned : planned_types) {
    if (planned == type) return true;
  }
  return false;
}

void report_type(ObjectReader& json, const std::string& type) {
  const std::string supported = list_names(trigger_types());
  if (is_planned(type)) {
    json.report_obstacle(
        "type", "triggers of type `" + type + "` are not supported yet; supported: " + supported,
        supported, type);
    return;
  }
  std::vector<std::string> names = trigger_types();
  names.insert(names.end(), planned_types.begin(), planned_types.end());
  const std::string nearest = nearest_name(type, names);
  // What is near may be refused as well; then it is no advice to write it.
  const std::string planned = is_planned(nearest) ? "; `" + nearest + "` is not supported yet" : "";
  json.report_obstacle(
      "type", "there is no trigger type `" + type + "`" + planned + "; supported: " + supported,
      supported, type, nearest);
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
