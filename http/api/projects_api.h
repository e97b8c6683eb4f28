#pragma once
// Projects: made with the instance's admin key. An API key is shown once, when it is made; only its
// hash is stored.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup project_routes;

/// POST /projects `{"id"?, "name"?}` : 201 `{"id", "apiKey"}`.
Result<Reply> create_project(const ApiCall& call, ApiServices& services);
/// GET /projects : `{"projects": [{"id"}]}`.
Result<Reply> list_projects(const ApiCall& call, ApiServices& services);
/// GET /projects/{project} : `{"id","name","portalOrigins","previewUserId","retentionDays"}`.
Result<Reply> show_project(const ApiCall& call, ApiServices& services);
/// PATCH /projects/{project}, some of these members: the same. Nothing is changed unless all is right.
Result<Reply> change_project(const ApiCall& call, ApiServices& services);
/// POST /projects/{project}/api-key : `{"id", "apiKey"}`; the old key stops working.
Result<Reply> rotate_api_key(const ApiCall& call, ApiServices& services);

}  // namespace millrace
