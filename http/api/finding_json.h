#pragma once
// What a translation of the compiled form found, as answers show it.

#include "runtime/base/json.h"
#include "runtime/definitions/compiled_form.h"

#include <string_view>
#include <vector>

namespace millrace {

/// `[{"code", "weight", "step"?, "path", "message", "expected"?, "got"?, "nearest"?}]`.
JsonArray findings_json(const std::vector<CompiledFinding>& findings);

/// The shape of one, for route tables.
inline constexpr std::string_view finding_shape =
    "{code: string, weight: \"note\"|\"waits\"|\"open\"|\"fatal\", step?: string, path: string, "
    "message: string, expected?: string, got?: string, nearest?: string}";

}  // namespace millrace
