#pragma once
// Nested values in the compiled form are JSON text with tokens between: `{"to":"`, a variable,
// `"}`.

#include "runtime/definitions/compiled_form/source_reader.h"

namespace millrace::compiled_form {

/// The object or array that the pieces write, its strings being templates; nothing if it is not
/// one.
std::optional<Json> structured_value(const SourceReader& sources, const std::vector<Piece>& pieces,
                                     const std::string& pointer);

/// All strings inside (not keys) so that they render as themselves.
void escape_all(Json& value);

}  // namespace millrace::compiled_form
