#pragma once
// A request about a webhook's subscription (webhooks/subscription.h), below the integration's base URL and
// without the credential, which is put in when it leaves (authorize_request.h). Pure.

#include "runtime/base/ids.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/secrets/redaction.h"
#include "runtime/secrets/secret_text.h"
#include "runtime/webhooks/subscription.h"

namespace millrace {

struct SubscriptionAsker {
  const Integration& integration;
  const Credential& account;
  const ProjectId& project;
  const JsonObject& user_meta;
  const SecretSource& secrets;
};

/// `values` is what is known of the subscription, a member for each name; in the URL they are percent-encoded,
/// each one segment. What is secret in the request goes to `redaction`. Errors: secret_missing,
/// secrets_locked, invalid_url, type_mismatch, invalid_parameters, limit_exceeded.
Result<HttpRequest> subscription_request(const SubscriptionRequest& request,
                                         const SubscriptionAsker& asker, const JsonObject& values,
                                         Redaction& redaction);

}  // namespace millrace
