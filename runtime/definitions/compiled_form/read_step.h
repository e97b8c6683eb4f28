#pragma once
// What one compiled step does; not where it stands. The steps inside a conditional or a map are
// left to the caller.

#include "runtime/definitions/compiled_form/source_reader.h"

namespace millrace {
class ObjectReader;
}

namespace millrace::compiled_form {

/// Our type for a compiled one, e.g. "function" for `ACTION/FUNCTION`; empty for one that does not
/// exist.
std::string_view step_type(std::string_view compiled_type);
std::vector<std::string> compiled_step_types();

/// Adds to `step` what its parameters say. `json` reads the parameters; a conditional's `choices`
/// and a map's `nextToIterate` must have been asked for before, all other keys are read here.
void read_parameters(const SourceReader& sources, std::string_view compiled_type,
                     ObjectReader& json, JsonObject& step);

/// The parameters of `ACTION/REQUEST` and `ACTION/CUSTOM_INTEGRATION_REQUEST`.
void read_request(const SourceReader& sources, ObjectReader& json, JsonObject& step);
void read_integration_request(const SourceReader& sources, ObjectReader& json, JsonObject& step);
/// `retryOnFailure` and `ignoreFailure`.
void read_supervision(ObjectReader& json, JsonObject& step);

}  // namespace millrace::compiled_form
