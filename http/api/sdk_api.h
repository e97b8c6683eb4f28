#pragma once
// What the original platform's browser SDK asks besides the routes for users (docs/sdk.md): the same things under the
// names that it has for them.

#include "http/api/api_call.h"

namespace millrace {

/// POST …/sdk/credentials `{"integrationId","payload","installOptions"}` : 201 and the credential.
Result<Reply> install_integration(const ApiCall& call, ApiServices& services);
/// GET /projects/{project}/triggers : the triggers that integrations declare.
Result<Reply> list_integration_triggers(const ApiCall& call, ApiServices& services);

extern const RouteGroup sdk_routes;

}  // namespace millrace
