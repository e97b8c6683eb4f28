#pragma once
// The Connect API: `ANY …/sdk/proxy/{integration}/{path}` (actors/gateway/connect_proxy.h).

#include "http/api/api_call.h"

namespace millrace {

Result<Reply> pass_to_integration(const ApiCall& call, ApiServices& services);

extern const RouteGroup proxy_routes;

}  // namespace millrace
