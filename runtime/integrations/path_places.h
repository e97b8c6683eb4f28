#pragma once
// Places in an action's path that are one segment each: "/contacts/{contactId}/notes". Pure.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <string>
#include <vector>

namespace millrace {

struct PathPlaces {
  std::vector<std::string> parameters;
  std::vector<std::string> unknown;  // written like a place, and no parameter of the action's
};

/// The action's definition with a reference in each such place of its `path`; places between `{{` and `}}` are
/// references already.
Json with_path_references(const Json& action, PathPlaces& places);

/// A parameter that is a segment must be text, a number or a boolean, and neither empty nor "." or "..", which no
/// encoding makes a name (WHATWG URL, 4.1). Error invalid_parameters.
Outcome check_path_parameters(const std::vector<std::string>& names, const Json& parameters);

}  // namespace millrace
