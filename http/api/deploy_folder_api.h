#pragma once
// Deploying a folder as one thing.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup deploy_folder_routes;

/// POST …/deploy?check= `{"integrations": {"<type>": definition}, "workflows": {"<id>": definition}}` :
/// `{"applied","integrations": [{"type","change"}],"workflows": [{"id","change","version"}]}`. What is
/// refused is 400 `invalid_definition` with `refused`: one error for each, and nothing was done.
Result<Reply> deploy_whole_folder(const ApiCall& call, ApiServices& services);

}  // namespace millrace
