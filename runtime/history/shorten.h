#pragma once
// Long arrays, cut for the eye: test runs show the first elements only.

#include "runtime/base/json.h"

namespace millrace {

/// Keeps the first `items_max` elements of every array, at any depth. True: something was left out.
bool shorten_arrays(Json& value, std::size_t items_max);

}  // namespace millrace
