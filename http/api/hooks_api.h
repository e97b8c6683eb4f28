#pragma once
// Webhooks: the public URL that a provider calls, and a new one in the place of one that leaked. The URLs
// are shown with integrations and credentials; `webhook_urls` is how.

#include "http/api/api_call.h"
#include "http/api/route.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"
#include "runtime/webhooks/delivery.h"

namespace millrace {

extern const RouteGroup hook_routes;

/// A delivery of a request as `read_request_payload` reads it; a body that is a file is the file object.
DeliveryParts parts_of(Json request);
Reply challenge_reply(const ChallengeAnswer& challenge);

/// ANY /hooks/{hook}: no token, the id is what nobody guesses. A challenge is answered with its value, a
/// delivery with 200 `{"executionIds": [...]}` once its runs are durable, one that cannot be verified with
/// 401; whatever is wrong with the id is 404.
Result<Reply> call_hook(const ApiCall& call, ApiServices& services);

/// POST …/integrations/{type}/webhooks/{webhook}/rotate, and the same of one's own account.
Result<Reply> rotate_integration_hook(const ApiCall& call, ApiServices& services);
Result<Reply> rotate_account_hook(const ApiCall& call, ApiServices& services);

/// Of `{webhook}` in the path, which has one URL for all accounts.
Result<Reply> rotate_app_hook(const ApiCall& call, ApiServices& services,
                              const Integration& integration);

/// {"contactCreated": {"url": "https://…/hooks/…"}}: those of one URL for all accounts, or with a `credential`
/// those of its own. Ids that are not there yet are made, and durable when it returns.
Result<JsonObject> webhook_urls(const ApiCall& call, ApiServices& services,
                                const Integration& integration,
                                const Credential* credential = nullptr);

}  // namespace millrace
