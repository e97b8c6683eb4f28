#pragma once
// The public keys that verify a project's user tokens. Several may be valid at once, so that keys
// can be rotated: add the new one, let the application sign with it, remove the old one.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup signing_key_routes;

/// GET …/signing-keys : `{"signingKeys": [{"kid", "pem"}]}`.
Result<Reply> list_signing_keys(const ApiCall& call, ApiServices& services);
/// PUT …/signing-keys/{kid} `{"pem"}` : `{"kid"}`. Replaces a key of the same name.
Result<Reply> put_signing_key(const ApiCall& call, ApiServices& services);
/// DELETE …/signing-keys/{kid} : 204; tokens signed with it are refused from now on.
Result<Reply> delete_signing_key(const ApiCall& call, ApiServices& services);

}  // namespace millrace
