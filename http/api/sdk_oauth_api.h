#pragma once
// How the original's browser SDK lets users sign in at providers, under its own names (docs/sdk.md), over the sign-ins
// that there are (oauth_api.h):
//
//   page    opens the popup: oauth-nonce ─► "oauth-nonce-loaded" to the page
//   page    build-oauth ─► {redirectUrl}: a ticket of its own, on which the popup goes
//   popup   /start (binds the browser by its cookie) ─► the provider ─► /oauth/callback, which connects and closes
//   page    asks session-id once a second ─► null … {connectCredentialId}, then forgets it
//
// What the page calls the sign-in (`oauthMetaKeyId`) is stored with the account in the commit that connects it: so the
// page learns of it after a restart too, and there is at most one for each account.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup sdk_oauth_routes;

/// GET …/sdk/actions/oauth-nonce : a page that says to `originForPostMessage` that it is there. It takes a token and
/// does nothing with it.
Result<Reply> show_nonce_page(const ApiCall& call, ApiServices& services);
/// GET /v2…/sdk/actions/build-oauth : `{"redirectUrl"}`.
Result<Reply> build_oauth(const ApiCall& call, ApiServices& services);
/// GET …/sdk/actions/session-id/{key} : null, or `{"connectCredentialId"}` when its sign-in has connected an account.
Result<Reply> show_sign_in_session(const ApiCall& call, ApiServices& services);
/// DELETE …/sdk/actions/session-id/{key} : 204, whether it was there or not.
Result<Reply> forget_sign_in_session(const ApiCall& call, ApiServices& services);

}  // namespace millrace
