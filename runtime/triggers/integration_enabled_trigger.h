#pragma once
// The trigger of an account that is ready: the workflow runs once for each account of its integration, when
// the account is connected and valid, has the workflow enabled, and all required settings are filled in. What
// the workflow sees as `trigger` is `result.{credentialId, providerId}`.

#include "runtime/base/json.h"
#include "runtime/integrations/credential.h"

namespace millrace {

struct IntegrationEnabledTrigger {};

/// The output of a run that the account begins.
Json enabled_output(const Credential& account);

}  // namespace millrace
