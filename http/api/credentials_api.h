#pragma once
// Users' accounts at third parties, by the users themselves, and what they may connect; shapes: sdk_shapes.h. Secret
// parts are never shown.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

struct Credential;
struct Integration;

extern const RouteGroup credential_routes;

/// GET …/sdk/integrations : the active ones, as a list.
Result<Reply> list_connectable(const ApiCall& call, ApiServices& services);
/// POST …/sdk/integrations/{type}/connect `{"credentials","providerId","settings"}` : 201 and the
/// credential. See CredentialRegistry::connect.
Result<Reply> connect_account(const ApiCall& call, ApiServices& services);
/// DELETE …/sdk/integrations/{credential or integration} : 204.
Result<Reply> disconnect_account(const ApiCall& call, ApiServices& services);
/// GET …/sdk/credentials : `{"credentials": […]}` of the calling user; with `?integration` one of them.
Result<Reply> list_credentials(const ApiCall& call, ApiServices& services);
/// GET …/sdk/credentials/{credential} : the credential.
Result<Reply> show_credential(const ApiCall& call, ApiServices& services);

/// Connects the calling user's account of an integration or resource, as `body` says. See connect_account.
Result<Reply> connect_with(const ApiCall& call, ApiServices& services,
                           const Integration& integration, const JsonObject& body);

/// A credential as an answer.
Result<Reply> credential_reply(const ApiCall& call, ApiServices& services, int status,
                               const Credential& credential);

}  // namespace millrace
