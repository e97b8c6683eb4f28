#pragma once
// The trigger of a sign-in: the workflow runs for the account each time that the user completes a sign-in at
// the provider. What the workflow sees as `trigger` is `result.{credentialId, providerId, scopes}`.

#include "runtime/base/json.h"
#include "runtime/integrations/credential.h"

#include <string>
#include <vector>

namespace millrace {

struct OAuthTrigger {};

/// `scopes`: what the provider says that the user has granted.
Json sign_in_output(const Credential& account, const std::vector<std::string>& scopes);

}  // namespace millrace
