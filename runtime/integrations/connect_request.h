#pragma once
// A request below an integration's base URL, with the user's credential put in. Pure.

#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"
#include "runtime/requests/render_request.h"
#include "runtime/secrets/redaction.h"

namespace millrace {

/// Makes the path of `values` absolute below the integration's base URL and puts the credential in.
/// What is secret in it goes to `redaction`. Error: invalid_url (no text, or above the base URL).
Outcome connect_request(RequestValues& values, const Integration& integration, const Json& base_url,
                        const Credential* credential, Redaction& redaction);
/// Adds what is secret in a credential.
void redact(const Credential& credential, Redaction& redaction);

}  // namespace millrace
