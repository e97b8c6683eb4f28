#pragma once
// What differs between two definitions of one workflow. Pure.

#include "runtime/base/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct DefinitionChange {
  enum class Kind : std::uint8_t {
    added,
    removed,
    changed,
    /// A step: `from` and `to` are `{"in","after"}` in the words of edits (runtime/drafts/draft_patch.h).
    moved,
    /// Elements of a list: `from` and `to` are the ids of those that stay.
    reordered,
  };
  Kind kind;
  std::string step;  // the id of the innermost step that it is about; may be empty
  std::string path;  // JSON pointer into the new definition, of what was removed into the old one
  std::string from_path;  // into the old one, where there is something; else empty
  Json from;              // null for what was added
  Json to;                // null for what was removed
};

/// A definition, and the text that it was read from, without blanks between tokens (runtime/drafts/draft_text.h).
struct WrittenDefinition {
  const Json& value;
  std::string_view text;
};

/// The word on the wire: a move and another order are changes.
std::string_view name_of(DefinitionChange::Kind kind);

/// In the order of the new definition, with what was removed from a list or an object at its end. Steps
/// (and whatever else in a list has an `id`, or a branch its `label`) are compared by it, so that one which is put in
/// between is one change. A step that stands in another list than before is one that moved, and is compared with what
/// it was, also when what was around it is new or gone. Where those that stay in a list have another order, that is one
/// change of the list's path, with the ids as its values. Texts count, because they are what is kept and frozen: `1.0`
/// that becomes `1` is a change. The order of keys is none.
std::vector<DefinitionChange> definition_changes(const WrittenDefinition& from,
                                                 const WrittenDefinition& to);

}  // namespace millrace
