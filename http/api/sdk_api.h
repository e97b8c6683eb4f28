#pragma once
// What the original platform's browser SDK asks besides the routes for users (docs/sdk.md): the same things under the
// names that it has for them.

#include "http/api/api_call.h"

namespace millrace {

/// POST …/sdk/credentials `{"integrationId","payload","installOptions"}`, or with a `code` of the provider's and the
/// `redirectUrl` that it was given for : 201 and the credential.
Result<Reply> install_integration(const ApiCall& call, ApiServices& services);
/// POST …/sdk/credentials/{credential}/complete-setup : the credential.
Result<Reply> complete_setup(const ApiCall& call, ApiServices& services);
/// GET /projects/{project}/triggers : the triggers that integrations declare.
Result<Reply> list_integration_triggers(const ApiCall& call, ApiServices& services);

extern const RouteGroup sdk_routes;

}  // namespace millrace
