#pragma once
// A whole build of the original platform, brought into a project: POST /projects/{p}/import.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

/// Integrations become skeletons that are switched off, workflows drafts; what cannot be put is named.
/// What the project has already is kept, workflows unless `replace=true`, so that importing twice
/// changes nothing. Always 200 once the build could be read: nothing stops the rest.
Result<Reply> import_build(const ApiCall& call, ApiServices& services);

extern const RouteGroup import_routes;

}  // namespace millrace
