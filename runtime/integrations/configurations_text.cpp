#include "runtime/integrations/configurations_text.h"

#include "runtime/base/limits.h"
#include "runtime/text/header_text.h"

#include <utility>

namespace millrace {
namespace {

Json stored(const Configuration& configuration) {
  JsonObject object{{"id", configuration.id},
                    {"workflows", configuration.configured_workflows},
                    {"shared", configuration.shared_settings},
                    {"created", configuration.created.time_since_epoch().count()}};
  if (!configuration.external_id.empty()) object["externalId"] = configuration.external_id;
  if (!configuration.meta.empty()) object["meta"] = configuration.meta;
  return object;
}

JsonObject object_in(const JsonObject& stored, std::string_view key) {
  const Json* const member = stored.if_contains(key);
  return member != nullptr && member->is_object() ? member->get_object() : JsonObject();
}

Configuration configuration_of(const JsonObject& stored) {
  Configuration configuration;
  if (const Json* const id = stored.if_contains("id"); id != nullptr && id->is_string()) {
    configuration.id = id->get_string();
  }
  if (const Json* const name = stored.if_contains("externalId");
      name != nullptr && name->is_string()) {
    configuration.external_id = name->get_string();
  }
  configuration.configured_workflows = object_in(stored, "workflows");
  configuration.shared_settings = object_in(stored, "shared");
  configuration.meta = object_in(stored, "meta");
  if (const Json* const at = stored.if_contains("created"); at != nullptr && at->is_int64()) {
    configuration.created = Instant(Millis(at->get_int64()));
  }
  return configuration;
}

}  // namespace

std::string configurations_text(const std::vector<Configuration>& configurations) {
  if (configurations.empty()) return {};
  JsonArray list;
  for (const auto& each : configurations) list.push_back(stored(each));
  return to_text(list);
}

Result<std::vector<Configuration>> read_configurations(std::string_view text) {
  std::vector<Configuration> configurations;
  if (text.empty()) return configurations;
  const Error damaged(ErrorCode::corrupt_data, "the configurations of an account cannot be read");
  const auto list = parse_json(text, limits::stored_depth_max);
  if (!list || !list->is_array()) return damaged;
  for (const Json& each : list->get_array()) {
    if (!each.is_object()) return damaged;
    configurations.push_back(configuration_of(each.get_object()));
    if (configurations.back().id.empty()) return damaged;
  }
  return configurations;
}

Outcome check_external_id(std::string_view external_id) {
  if (!external_id.empty() && external_id.size() <= limits::external_id_bytes_max &&
      is_header_value(external_id)) {
    return Done{};
  }
  return Error(ErrorCode::invalid_request, "an externalId is one line of 1 to " +
                                               std::to_string(limits::external_id_bytes_max) +
                                               " bytes: it is sent in a header");
}

}  // namespace millrace
