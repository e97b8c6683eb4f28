#pragma once
// `objectMapping` of a trigger that the project's own application starts (app events, requests): a setting of type
// `mapping`, in which the user says where his application's fields belong at the provider.
//
//   "objectMapping": "{{settings.contactFields}}"
//
//   setting   {"email": "Email__c", "name": "properties.name"}
//   payload   {"email": "ada@example.org", "name": "Ada", "age": 36}
//   trigger   what it is without, and besides
//             originalPayload          {"email": "ada@example.org", "name": "Ada", "age": 36}
//             mappedIntegrationObject  {"Email__c": "ada@example.org", "properties": {"name": "Ada"}}
//
// On both sides a name with dots is a path, unless the payload has a field of just that name. A field that the payload
// does not have is left out, and so is one that the user maps to nothing. Pure.

#include "runtime/base/json.h"
#include "runtime/templates/reference.h"
#include "runtime/triggers/trigger.h"

#include <array>
#include <string_view>
#include <vector>

namespace millrace {

class ObjectReader;

inline constexpr std::string_view original_payload_key = "originalPayload";
inline constexpr std::string_view mapped_object_key = "mappedIntegrationObject";

/// The path below `settings`; empty: the trigger maps nothing.
std::vector<PathSegment> read_object_mapping(ObjectReader& trigger);

/// Where the trigger's mapping is; null: it maps nothing.
const std::vector<PathSegment>* mapping_of(const Trigger& trigger);

Json mapped_object(const Json& payload, const JsonObject& mapping);

/// A trigger's output with what its mapping adds, for a run with these settings. Without a mapping it stays as it is.
Json with_mapped_object(const Trigger& trigger, Json output, const JsonObject& settings);

}  // namespace millrace
