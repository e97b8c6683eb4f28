#pragma once
// The request of a poll, rendered. Pure. It goes to the workflow's integration like a request step's: below its
// base URL, with room for the account's credential (integrations/authorize_request.h).

#include "runtime/integrations/integration.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/polls/poll.h"
#include "runtime/secrets/redaction.h"
#include "runtime/secrets/secret_text.h"
#include "runtime/templates/scope.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct PageProgress;

struct PollFacts {
  ProjectId project;
  UserId user;
  JsonObject user_meta;
  JsonObject settings;  // as a run's
  Json parameters;      // of the workflow's trigger
};

/// What a poll's templates see.
class PollScope final : public Scope {
 public:
  PollScope(const PollFacts& facts, Json self, Json secrets);
  const Json& root_value(const Reference& reference) const override;

 private:
  const Json user_;
  const Json settings_;
  const Json project_;
  const Json parameters_;
  const Json self_;
  const Json secrets_;
};

/// The secrets that the poll's templates and the integration's headers name, as one object; each goes to `redaction`.
/// Errors: those of `secrets`.
Result<Json> poll_secrets(const Poll& poll, const Integration& integration,
                          const SecretSource& secrets, Redaction& redaction);

/// Of the page after `so_far`, without the credential. Errors: invalid_url, type_mismatch, invalid_parameters,
/// limit_exceeded (a template renders to too much). No file is sent.
Result<HttpRequest> poll_request(const Poll& poll, const Integration& integration,
                                 const PollFacts& facts, const PollScope& scope,
                                 const PageProgress& so_far);

}  // namespace millrace
