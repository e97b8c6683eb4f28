#pragma once
// The compiled form: workflows as the original platform's command line writes them,
//
//   {"id", "name", "steps": [{"id", "type": "TRIGGER/ENDPOINT", "parameters": {...}, "next":
//   [...]}]}
//
// where steps are linked by their ids and values are sources (`VALUE`, `VARIABLE`, `TOKENIZED`,
// ...). It is translated once, when it is given; what is stored, shown and compiled is the
// translation. docs/compiled-form.md says what becomes what.

#include "runtime/base/error.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a finding of the translation means for the draft, from the lightest on.
enum class FindingWeight : std::uint8_t {
  note,  // told; the draft is complete
  waits,  // the draft says it, and deploying refuses until it is there: a trigger, an account's field
  refused,  // has no counterpart, or was not understood: null stands in its place, or nothing
  fatal,    // steps cannot be put in order: a draft would not be this workflow
};

struct CompiledFinding {
  std::string_view code;  // stable, see docs/compiled-form.md
  FindingWeight weight = FindingWeight::refused;
  ErrorDetail detail;  // the step's id and the JSON pointer, both as given
};

/// What is known of a workflow from around it, in a whole build (build.h).
struct CompiledSurroundings {
  std::string integration;                    // its type; empty: what the steps say
  std::map<std::string, std::string> events;  // names of app events by their ids
  std::map<std::string, std::string> secrets;
};

struct CompiledTranslation {
  Json definition;  // in the definition format, an object always
  std::vector<CompiledFinding> findings;
  std::map<std::string, std::string> step_ids = {};  // of the definition, by those that were given

  bool has(FindingWeight at_least) const;
};

/// True for an object without `trigger` that has a step of a type such as `TRIGGER/ENDPOINT`.
bool is_compiled_form(const Json& definition);

/// The same workflow in the definition format, with everything that was found on the way. Error
/// invalid_json: nested too deeply. Whether the translation is a valid workflow is for
/// compile_workflow to say.
Result<CompiledTranslation> read_compiled_form(const Json& compiled,
                                               const CompiledSurroundings& around = {});

/// The translation, if nothing of it is refused. Otherwise `invalid_definition` with one ErrorDetail
/// for each finding that is: what has no counterpart is never left out in silence.
Result<Json> translate_compiled_form(const Json& compiled);
Result<Json> accepted(const CompiledTranslation& translation);

/// The definition as a draft that keeps what is refused as its `openPoints`: deploying says them until
/// somebody has mended the draft and removed them. Each names its step as the draft does and says where that
/// stands (`at`); `path` leads into what was imported.
Json draft_with_open_points(CompiledTranslation translation);

}  // namespace millrace
