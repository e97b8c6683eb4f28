#pragma once
// Integrations, as the project's backend manages them. `PUT` is create-or-replace; what workflows
// have frozen at their deployment stays as it was, but `isActive` counts at once.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup integration_routes;

/// The code by which its webhooks are verified, before the definition is put. Error: invalid_definition, with where
/// the code is wrong; of a definition that is wrong otherwise nothing.
Outcome check_code_of(const std::string& type, const Json& definition, const ApiServices& services);

/// GET …/integrations : `{"integrations": [{"type","name","isActive","dateUpdated"}]}`.
Result<Reply> list_integrations(const ApiCall& call, ApiServices& services);
/// PUT …/integrations/{type} with the definition : 201 when it is new, 200 when replaced, as GET
/// shows it; 400 with every finding.
Result<Reply> put_integration(const ApiCall& call, ApiServices& services);
/// GET …/integrations/{type} : as in the list, and `"definition"`.
Result<Reply> get_integration(const ApiCall& call, ApiServices& services);
/// DELETE …/integrations/{type} : 204; users' credentials stay for when it is put again.
Result<Reply> delete_integration(const ApiCall& call, ApiServices& services);

}  // namespace millrace
