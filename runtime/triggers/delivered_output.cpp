#include "runtime/triggers/delivered_output.h"

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"

namespace millrace {

std::string read_trigger_name(ObjectReader& json, std::string_view key) {
  const auto given = json.required_constant_text(key);
  if (!given) return {};
  if (!given->empty() && given->size() <= limits::id_bytes_max) return *given;
  json.report(key, "a name has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  return {};
}

std::vector<TriggerOutput> delivered_outputs(const Trigger&) {
  return {{"result", {"headers", "params", "body"}}};
}

}  // namespace millrace
