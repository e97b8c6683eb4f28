#pragma once
// Conditions in the compiled form are trees of JOINs; here they are an OR of ANDs.

#include "runtime/definitions/compiled_form/source_reader.h"

namespace millrace::compiled_form {

/// The value of `if`: `[[{"variable", "operator", "argument"}]]`.
JsonArray read_condition_tree(const SourceReader& sources, const Json& tree,
                              const std::string& pointer);

}  // namespace millrace::compiled_form
