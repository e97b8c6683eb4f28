#include "runtime/triggers/read_trigger.h"

#include "runtime/text/nearest_name.h"

#include <array>

namespace millrace {
namespace {

/// Types that the definition format has but this version cannot run.
constexpr std::array<std::string_view, 7> planned_types{
    "event", "webhook", "integrationEnabled", "scheduler", "resource", "oauth", "poll"};

bool is_planned(std::string_view type) {
  for (const std::string_view planned : planned_types) {
    if (planned == type) return true;
  }
  return false;
}

void report_type(ObjectReader& json, const std::string& type) {
  const std::string supported = list_names(trigger_types());
  if (is_planned(type)) {
    json.report("type",
                "triggers of type `" + type + "` are not supported yet; supported: " + supported,
                supported, type);
    return;
  }
  std::vector<std::string> names = trigger_types();
  names.insert(names.end(), planned_types.begin(), planned_types.end());
  json.report("type", "there is no trigger type `" + type + "`; supported: " + supported, supported,
              type, nearest_name(type, names));
}

}  // namespace

const std::vector<std::string>& trigger_types() {
  static const std::vector<std::string> types{"request"};
  return types;
}

RequestTrigger read_trigger(ObjectReader& workflow) {
  const Json* const trigger = workflow.require("trigger", "an object with a `type`");
  if (trigger == nullptr) return {};
  ObjectReader json(*trigger, workflow.pointer_to("trigger"), "", workflow.findings());
  const auto type = json.required_text("type");
  if (!type) return {};
  if (*type != "request") {
    report_type(json, *type);
    return {};
  }
  RequestTrigger request = read_request_trigger(json);
  json.finish();
  return request;
}

}  // namespace millrace
