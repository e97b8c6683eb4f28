#pragma once
// The last thing that is done to a request to an integration: the user's credential is put in, as it is
// at the moment when the request leaves. Pure.
//
//   connect_request ──► plan: CredentialUse ──► ... on the disk, files read ... ──► authorize ──► sent

#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/secrets/redaction.h"

#include <string>

namespace millrace {

/// Which account authorizes a request, and how. Holds nothing secret.
struct CredentialUse {
  CredentialName credential;
  IntegrationAuth auth;
};

/// The header that carries the credential; empty: none does.
std::string header_of(const IntegrationAuth& auth);

/// Puts the fields of `credential` where `auth` says: in the header of that name, own ones included, or
/// behind the query. What is secret in it, in each form that it is sent in, goes to `redaction`, and all of
/// that is a secret of the request from then on. Errors
/// name no value: type_mismatch (it has the bytes of a file), invalid_parameters (no header can be so).
Outcome authorize(HttpRequest& request, const IntegrationAuth& auth, const Credential& credential,
                  Redaction& redaction);

/// Adds what is secret in a credential.
void redact(const Credential& credential, Redaction& redaction);

}  // namespace millrace
