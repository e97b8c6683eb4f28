#pragma once
// The compiled form: workflows as the original platform's command line writes them,
//
//   {"id", "name", "steps": [{"id", "type": "TRIGGER/ENDPOINT", "parameters": {...}, "next":
//   [...]}]}
//
// where steps are linked by their ids and values are sources (`VALUE`, `VARIABLE`, `TOKENIZED`,
// ...). It is translated once, when it is given; what is stored, shown and compiled is the
// translation. docs/compiled-form.md says what becomes what.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace millrace {

/// True for an object without `trigger` that has a step of a type such as `TRIGGER/ENDPOINT`.
bool is_compiled_form(const Json& definition);

/// The same workflow in the definition format. What has no counterpart here is refused and never
/// left out: `invalid_definition` with one ErrorDetail each (step id and JSON pointer as given).
/// Whether the translation is a valid workflow is for compile_workflow to say.
Result<Json> translate_compiled_form(const Json& compiled);

}  // namespace millrace
