#include "runtime/definitions/found_by.h"

#include "runtime/base/check.h"
#include "runtime/base/limits.h"
#include "runtime/triggers/read_trigger.h"
#include "runtime/triggers/trigger_catalog.h"

namespace millrace {
namespace {

std::string default_integration(const JsonObject& definition) {
  const Json* const enabled = definition.if_contains("defaultEnabled");
  const Json* const type = definition.if_contains("integration");
  if (enabled == nullptr || *enabled != Json(true)) return {};
  if (type == nullptr || !type->is_string()) return {};
  const std::string_view integration = type->get_string();
  // A draft may say anything; no integration has such a type.
  if (integration.size() > limits::id_bytes_max) return {};
  return std::string(integration);
}

}  // namespace

FoundBy found_by(const Json& definition, Stage stage) {
  FoundBy found;
  if (!definition.is_object()) return found;
  found.default_for = default_integration(definition.get_object());
  if (stage == Stage::draft) return found;
  Findings findings;
  ObjectReader json(definition, "", "", findings);
  if (const auto trigger = read_trigger(json)) {
    const TriggerKind& kind = kind_of(*trigger);
    found.trigger_kind = kind.type;
    found.trigger_name = kind.name(*trigger);
    CHECK(found.trigger_name.size() <= limits::id_bytes_max, "the name of a trigger is too long");
  }
  return found;
}

}  // namespace millrace
