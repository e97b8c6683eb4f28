#pragma once
// Environment secrets: what `{{secrets.NAME}}` stands for. Write-only: no answer, message or log
// ever shows a value.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup secret_routes;

/// GET …/secrets : `{"secrets": [{"name","dateUpdated","isLocked"}]}`. Locked ones do not open with
/// the server's key.
Result<Reply> list_secrets(const ApiCall& call, ApiServices& services);
/// PUT …/secrets/{name} `{"value"}` : 201 when it is new, 200 when replaced, `{"name"}`.
Result<Reply> put_secret(const ApiCall& call, ApiServices& services);
/// DELETE …/secrets/{name} : 204; runs that need it fail from now on.
Result<Reply> delete_secret(const ApiCall& call, ApiServices& services);

}  // namespace millrace
