#pragma once
// What an action, or an integration's trigger, is given. Unlike other values, one may be a condition: a
// filter over the records of the other side.

#include "runtime/definitions/compiled_form/source_reader.h"

namespace millrace::compiled_form {

/// The value of `parameters`, from a list of rows or from one source.
Json action_parameters(const SourceReader& sources, const Json& given, const std::string& pointer);

}  // namespace millrace::compiled_form
