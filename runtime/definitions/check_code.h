#pragma once
// Whether JavaScript that a definition brings is a function, before anything is stored. Nothing of it is run. Blocks
// for milliseconds (FunctionEngine::check).

#include "runtime/functions/function_engine.h"
#include "runtime/integrations/integration.h"
#include "runtime/reading/findings.h"

#include <optional>
#include <string>

namespace millrace {

/// What is wrong with it, at this place of the definition; with line and column where the compiler says them.
/// Nothing: nothing is.
std::optional<ErrorDetail> finding_in_code(FunctionEngine& functions, const std::string& code,
                                           const std::string& step, const std::string& pointer);

/// The code by which webhooks are verified. Error: invalid_definition, with all findings.
Outcome check_webhook_code(const Integration& integration, FunctionEngine& functions);

}  // namespace millrace
