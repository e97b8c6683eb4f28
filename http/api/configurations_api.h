#pragma once
// How accounts are set up: their configurations, and what is enabled in each. A request means the configuration that
// its header names (account_choice.h), without it the default one.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup configuration_routes;

/// PATCH …/sdk/credentials/{credential} `{"config"}` : the credential.
Result<Reply> change_credential(const ApiCall& call, ApiServices& services);
/// POST …/sdk/workflows/{workflow} : the credential on which it is enabled now.
Result<Reply> enable_workflow(const ApiCall& call, ApiServices& services);
/// DELETE …/sdk/workflows/{workflow} : the credential that the headers select; without them 204, and it is disabled
/// on all accounts of the calling user, in all configurations.
Result<Reply> disable_workflow(const ApiCall& call, ApiServices& services);
/// POST …/sdk/credentials/{credential}/configurations `{"externalId"}` : 201 and the credential with one more.
Result<Reply> add_configuration(const ApiCall& call, ApiServices& services);
/// PATCH …/sdk/credentials/{credential}/configurations `{"meta"}` : the credential.
Result<Reply> note_in_configuration(const ApiCall& call, ApiServices& services);
/// DELETE …/sdk/credentials/{credential}/configurations : 204.
Result<Reply> remove_configuration(const ApiCall& call, ApiServices& services);

}  // namespace millrace
