#pragma once
// Users' accounts at third parties, by the users themselves. A credential is shown as
//
//   {"id","integrationId","userId","status","config": {"configuredWorkflows","sharedSettings"},
//    "providerId","providerData"}
//
// and never with its secret parts.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup credential_routes;

/// GET …/sdk/integrations : the active ones, `{"integrations": [{"type","name","auth": {"type"},
/// "credentialFields","settings","workflows": [{"id","name"}]}]}`; workflows that are deployed.
Result<Reply> list_connectable(const ApiCall& call, ApiServices& services);
/// POST …/sdk/integrations/{type}/connect `{"credentials","providerId","settings"}` : 201 and the
/// credential. See CredentialRegistry::connect.
Result<Reply> connect_account(const ApiCall& call, ApiServices& services);
/// DELETE …/sdk/integrations/{credential} : 204.
Result<Reply> disconnect_account(const ApiCall& call, ApiServices& services);
/// GET …/sdk/credentials : `{"credentials": […]}` of the calling user.
Result<Reply> list_credentials(const ApiCall& call, ApiServices& services);
/// PATCH …/sdk/credentials/{credential} `{"config"}` : the credential.
Result<Reply> change_credential(const ApiCall& call, ApiServices& services);
/// DELETE …/sdk/workflows/{workflow} : 204; it is disabled on all accounts of the calling user.
Result<Reply> disable_workflow(const ApiCall& call, ApiServices& services);

}  // namespace millrace
