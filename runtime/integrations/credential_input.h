#pragma once
// What users say about their accounts, checked: the fields they connect with, and how they
// configure workflows. No message ever repeats a value: it may be a secret.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"

namespace millrace {

/// The fields that `auth` needs must be there as non-empty strings of one line, and no others (but for OAuth,
/// whose provider may have given a `refreshToken` and `expiresAt` as well: runtime/oauth/token_fields.h). Error
/// invalid_request with all findings.
Outcome check_credential_fields(const IntegrationAuth& auth, const JsonObject& fields);

/// Applies `{"config": {"configuredWorkflows": {"<id>": {"enabled", "settings"}},
/// "sharedSettings"}}`: each workflow that is named is changed in the members that are given (null
/// removes it), shared settings are replaced. Nothing else may be written. Error invalid_request
/// with all findings; then `credential` is as it was.
Outcome configure_credential(Credential& credential, const JsonObject& patch);

}  // namespace millrace
