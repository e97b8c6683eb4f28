#include "runtime/triggers/object_mapping.h"

#include "runtime/reading/object_reader.h"

#include <string>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view mapping_key = "objectMapping";
/// Of a path that a user has typed; beyond, the rest is the last key.
constexpr std::size_t depth_max = 16;

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (parts.size() + 1 < depth_max) {
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) break;
    parts.emplace_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  parts.emplace_back(path);
  return parts;
}

/// Null: it is not there.
const Json* field_at(const Json& payload, std::string_view name) {
  const auto* const object = payload.if_object();
  if (object == nullptr) return nullptr;
  if (const Json* const whole = object->if_contains(name)) return whole;
  const Json* at = &payload;
  for (const std::string& part : parts_of(name)) {
    const auto* const inside = at->if_object();
    at = inside == nullptr ? nullptr : inside->if_contains(part);
    if (at == nullptr) return nullptr;
  }
  return at;
}

/// What another field has put in the way gives way: the later of the two is what the user sees last.
void put_at(JsonObject& object, std::string_view path, Json value) {
  const auto parts = parts_of(path);
  JsonObject* at = &object;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    Json& inside = (*at)[parts[i]];
    if (!inside.is_object()) inside.emplace_object();
    at = &inside.get_object();
  }
  (*at)[parts.back()] = std::move(value);
}

Json payload_of(const Trigger& trigger, const Json& output) {
  if (!std::holds_alternative<RequestTrigger>(trigger)) return output;
  static const std::vector<PathSegment> body{std::string("request"), std::string("body")};
  return follow(output, body);
}

}  // namespace

std::vector<PathSegment> read_object_mapping(ObjectReader& trigger) {
  const Json* const given = trigger.find(mapping_key);
  if (given == nullptr || given->is_null()) return {};
  const std::string_view text =
      given->is_string() ? std::string_view(given->get_string()) : std::string_view();
  if (text.starts_with("{{") && text.ends_with("}}") && text.size() > 4) {
    const auto reference = parse_reference(text.substr(2, text.size() - 4));
    if (reference && reference->root == Reference::Root::settings && !reference->path.empty()) {
      return reference->path;
    }
  }
  trigger.report(mapping_key, "names a setting of type `mapping`, as \"{{settings.ID}}\"",
                 "\"{{settings.ID}}\"");
  return {};
}

const std::vector<PathSegment>* mapping_of(const Trigger& trigger) {
  const std::vector<PathSegment>* mapping = nullptr;
  if (const auto* const event = std::get_if<EventTrigger>(&trigger)) {
    mapping = &event->object_mapping;
  }
  if (const auto* const request = std::get_if<RequestTrigger>(&trigger)) {
    mapping = &request->object_mapping;
  }
  return mapping == nullptr || mapping->empty() ? nullptr : mapping;
}

Json mapped_object(const Json& payload, const JsonObject& mapping) {
  JsonObject mapped;
  for (const auto& [own, at_provider] : mapping) {
    const auto* const path = at_provider.if_string();
    if (path == nullptr || path->empty()) continue;
    if (const Json* const value = field_at(payload, own)) put_at(mapped, *path, *value);
  }
  return mapped;
}

Json with_mapped_object(const Trigger& trigger, Json output, const JsonObject& settings) {
  const auto* const path = mapping_of(trigger);
  if (path == nullptr) return output;
  const Json mapping = follow(settings, *path);
  Json payload = payload_of(trigger, output);
  Json mapped = mapped_object(payload, mapping.is_object() ? mapping.get_object() : JsonObject());
  JsonObject both = output.is_object() ? std::move(output.get_object()) : JsonObject();
  both[original_payload_key] = std::move(payload);
  both[mapped_object_key] = std::move(mapped);
  return both;
}

}  // namespace millrace
