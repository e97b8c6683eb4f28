#pragma once
// An action's parameters against its declaration: at deploy as far as they are constant, at run time all
// of them.

#include "runtime/base/result.h"
#include "runtime/integrations/integration.h"

#include <vector>

namespace millrace {

std::string_view wire_name(ActionParameter::Type type);
bool fits(ActionParameter::Type type, const Json& value);

/// Error invalid_parameters with one detail for each parameter that is missing, unknown or of another
/// type. Null counts as missing.
Outcome check_parameters(const IntegrationAction& action, const Json& parameters);

/// With the text or JSON of each filter in its place. `parameters` have passed `check_parameters`. Error
/// invalid_parameters: an argument that does not fit its operator.
Result<Json> render_filters(const IntegrationAction& action, Json parameters);

}  // namespace millrace
