#pragma once
// The trigger of a compiled workflow. All kinds are translated, also those that cannot be deployed
// yet.

#include "runtime/definitions/compiled_form/source_reader.h"

namespace millrace::compiled_form {

/// `type` is the step's type, `TRIGGER/...`; `parameters` what it has under that key.
JsonObject read_trigger(const SourceReader& sources, std::string_view type, const Json& parameters,
                        const std::string& pointer);

}  // namespace millrace::compiled_form
