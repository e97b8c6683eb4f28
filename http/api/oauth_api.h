#pragma once
// Sign-ins at providers (OAuth 2.0): what pages open and what providers send browsers back to. A browser that
// follows a link sends no token, so a user's page asks for a ticket first.

#include "actors/accounts/sign_ins.h"
#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup oauth_routes;

/// POST …/sdk/oauth/{integration}/ticket `{"settings","inputs","returnTo"}` : `{"url"}`, for one use within
/// ten minutes.
Result<Reply> make_ticket(const ApiCall& call, ApiServices& services);
/// GET …/sdk/oauth/{integration}/start with `?ticket=` or a user's token : 302 to the provider.
Result<Reply> start_sign_in(const ApiCall& call, ApiServices& services);
/// GET /oauth/callback : a page that closes, a page to choose from, or 302 to `returnTo`.
Result<Reply> end_sign_in(const ApiCall& call, ApiServices& services);
/// GET /oauth/choose : as the callback.
Result<Reply> choose_account(const ApiCall& call, ApiServices& services);

/// Error: not_found (nobody signs in here).
Result<SignIns*> sign_ins_of(ApiServices& services);
/// A wish of the calling user, as he is known now.
Result<SignIns::Wish> wish_of(const ApiCall& call, ApiServices& services,
                              const std::string& integration);
/// Where providers send browsers back to. Error: invalid_request (the server does not know its address).
Result<std::string> redirect_uri_of(const ApiCall& call, const ApiServices& services);
/// Where the user's browser begins the sign-in, once.
Result<std::string> ticket_url(const ApiCall& call, ApiServices& services,
                               const SignIns::Wish& wish);

}  // namespace millrace
