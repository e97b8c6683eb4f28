#pragma once
// Members of definitions and bodies that may be absent or of another type, and then are as good as nothing. Pure.

#include "runtime/base/json.h"

#include <string>
#include <string_view>
#include <utility>

namespace millrace {

/// Null: it is not there, or `object` is none.
inline const Json* member_of(const Json& object, std::string_view key) {
  return object.is_object() ? object.get_object().if_contains(key) : nullptr;
}

inline Json member_or(const Json& object, std::string_view key, Json otherwise) {
  const Json* const member = member_of(object, key);
  return member != nullptr ? *member : std::move(otherwise);
}

inline std::string text_member(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

inline bool is_set(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_bool() && member->get_bool();
}

inline JsonArray array_member(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_array() ? member->get_array() : JsonArray();
}

inline JsonObject object_member(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_object() ? member->get_object() : JsonObject();
}

}  // namespace millrace
