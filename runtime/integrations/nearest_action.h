#pragma once

#include "runtime/integrations/integration.h"

#include <string>
#include <string_view>

namespace millrace {

/// The action that was probably meant, written as a name (`sendMesage`) or as an intent
/// (`SLACK_SEND_MESAGE`); empty if none is near.
std::string nearest_action(const Integration& integration, std::string_view name);

}  // namespace millrace
