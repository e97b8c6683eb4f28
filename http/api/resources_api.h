#pragma once
// Resources: the company's own API, as the project's backend manages it and as users connect it
// (runtime/integrations/resource.h). `PUT` is create-or-replace, as of integrations; the credential of one of
// level `app` is made of the project's secrets as they are when a request leaves.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup resource_routes;

/// GET …/resources : `{"resources": [{"name","level","isActive","dateUpdated"}]}`.
Result<Reply> list_resources(const ApiCall& call, ApiServices& services);
/// PUT …/resources/{resource} with the definition : 201 when it is new, 200 when replaced, as GET shows it;
/// 400 with every finding.
Result<Reply> put_resource(const ApiCall& call, ApiServices& services);
/// GET …/resources/{resource} : as in the list, `"definition"`, and the URLs of its webhooks.
Result<Reply> get_resource(const ApiCall& call, ApiServices& services);
/// DELETE …/resources/{resource} : 204; users' credentials stay for when it is put again.
Result<Reply> delete_resource(const ApiCall& call, ApiServices& services);
/// POST …/resources/{resource}/webhooks/{webhook}/rotate : `{"url"}`.
Result<Reply> rotate_resource_hook(const ApiCall& call, ApiServices& services);
/// POST …/sdk/resources/{resource}/connect : 201 and the credential, the one that the user has of it.
Result<Reply> connect_resource(const ApiCall& call, ApiServices& services);

/// `resources` of GET …/sdk/me: `[{"id","slug","integrationId","credentialId"}]`, the active ones.
Result<JsonArray> resources_of_user(const ApiCall& call, ApiServices& services);

}  // namespace millrace
