#pragma once
// A whole build of the original platform (`out/build.json`), taken apart:
//
//   {"projectId", "secrets", "events": {id: {"id", "name"}}, "resources",
//    "integrations": {type: {"id", "name", "config": {"values": {"description", "overview",
//      "accentColor", "workflowMeta": {workflowId: {...}}, "sharedMeta": {"inputs"}}},
//      "workflows": {id: {"id", "name", "isDraft", "steps"}}, "customTriggers"}}}
//
// Everything in it becomes one item, with what can be put into a project and what was found on the way.
// Nothing of an item stops the others. docs/compiled-form.md says what becomes what.

#include "runtime/definitions/compiled_form.h"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

struct BuildItem {
  enum class Kind : std::uint8_t {
    integration,
    workflow,
    event,
    resource,
    webhook,
    secret,
    member,  // of the build itself, and not understood
  };
  Kind kind = Kind::workflow;
  std::string id;    // what it is put under: a type, a workflow's id, a secret's name
  std::string name;  // what people call it; may be empty
  /// Of an integration a skeleton that is switched off, of a workflow its draft, of an event its example
  /// payload. Null: nothing can be
  /// put; the findings say why.
  Json definition;
  /// Their pointers lead into the build.
  std::vector<CompiledFinding> findings;
};

std::string_view wire_name(BuildItem::Kind kind);

/// In the order in which they are to be put: what others need comes first. Errors: invalid_json (nested
/// too deeply), invalid_definition (no build at all).
Result<std::vector<BuildItem>> read_build(const Json& build);

}  // namespace millrace
