#pragma once
// What the text of a definition means to a run. Pure.

#include "runtime/base/json.h"
#include "runtime/base/limits.h"
#include "runtime/base/result.h"

#include <cstddef>
#include <string_view>

namespace millrace {

/// As `parse_json` reads it, and whole numbers are integers however they are written (`2.0`, `1e2`), as in JavaScript.
/// Error invalid_json.
Result<Json> read_definition(std::string_view text, std::size_t depth_max = limits::json_depth_max);

/// The same of a value that was parsed.
void make_whole_numbers_integers(Json& value);

}  // namespace millrace
