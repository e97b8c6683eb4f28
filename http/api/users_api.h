#pragma once
// Connected users: what they see of themselves, and how the project's backend manages them. Users
// appear when they are first seen.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup me_routes;    // for the users themselves
extern const RouteGroup user_routes;  // for the project

/// GET …/sdk/me : `{"userId","meta","integrations": {"<type>": {"enabled","credentialId",
/// "credentialStatus","configuredWorkflows"}}}`, the latter of the user's first valid account.
Result<Reply> show_me(const ApiCall& call, ApiServices& services);
/// PATCH …/sdk/me `{"meta"}` : as GET. Members replace those of the same name, null removes one.
Result<Reply> change_me(const ApiCall& call, ApiServices& services);

/// GET …/users?offset : `{"users":
/// [{"userId","meta","disabled","dateFirstSeen"}],"nextLink","total"}`, 100 at a time in the order
/// of their ids.
Result<Reply> list_users(const ApiCall& call, ApiServices& services);
/// PATCH …/users/{user} `{"meta","disabled"}` : the user as in the list. Nothing starts for a
/// disabled user.
Result<Reply> change_user(const ApiCall& call, ApiServices& services);
/// DELETE …/users/{user} : 200 `{"userId","status":"erased","runs","accounts"}`, or 202 with "erasing" when
/// runs have not ended yet; see UserEraser.
Result<Reply> erase_user(const ApiCall& call, ApiServices& services);

}  // namespace millrace
