#pragma once
// What differs between two definitions of one workflow. Pure.

#include "runtime/base/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct DefinitionChange {
  enum class Kind : std::uint8_t { added, removed, changed };
  Kind kind;
  std::string step;  // the id of the innermost step that it is about; may be empty
  std::string path;  // JSON pointer into the new definition, of what was removed into the old one
  Json from;         // null for what was added
  Json to;           // null for what was removed
};

std::string_view name_of(DefinitionChange::Kind kind);

/// In the order of the new definition, with what was removed from a list or an object at its end. Steps
/// (and whatever else in a list has an `id`) are compared by their id, so that one which is put in
/// between is one change; where those that stay have another order, that is one change besides, of the
/// list's path, with the ids as its values. Equal definitions have none; the order of keys does not matter.
std::vector<DefinitionChange> definition_changes(const Json& from, const Json& to);

}  // namespace millrace
