#include "runtime/definitions/compile_workflow.h"
#include "runtime/reading/object_reader.h"

namespace millrace {

Outcome check_draft(const Json& definition) {
  Findings findings;
  ObjectReader json(definition, "", "", findings);
  json.text("name");
  json.array("steps");
  const Json* const trigger = json.find("trigger");
  if (trigger != nullptr && !trigger->is_object()) {
    json.report_mismatch(json.pointer_to("trigger"), "an object", *trigger);
  }
  if (auto verdict = findings.verdict(Strictness::of_new); !verdict) return verdict.error();
  return Done{};
}

}  // namespace millrace
