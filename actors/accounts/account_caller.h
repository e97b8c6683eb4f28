#pragma once
// Requests to integrations that no run makes: with an account's credential, which is fresh when it leaves, sent
// once more when a peer answers 401 and there is a newer one, and an account that its peer does not take any
// more becomes INVALID. Free of CAF; thread-safe. Blocks the caller for the time that it gives.

#include "actors/accounts/open_answer.h"
#include "actors/tenants/refused_credentials.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/token_refresh.h"
#include "runtime/base/clock.h"
#include "runtime/integrations/integration.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/secrets/redaction.h"

#include <functional>
#include <memory>

namespace millrace {

class AccountCaller {
 public:
  struct Dependencies {
    HttpCaller& http;
    RefusedCredentials& refused;
    TokenRefresh& tokens;
    const Clock& clock;
  };
  struct Account {
    SharedTenant tenant;
    UserKey owner;
    CredentialName name;  // with an empty `id`: the first valid one
  };
  /// The request without the credential, of the account as it is.
  using Make = std::function<Result<HttpRequest>(const Credential&)>;

  explicit AccountCaller(const Dependencies& dependencies) : uses_(dependencies) {}

  /// The peer's answer, whatever its status; `time_max` for each time that it is asked. Errors: those of
  /// HttpCaller, of TenantView::credential and of `make`; overloaded (no answer in time).
  HttpOutcome call(const Account& account, const IntegrationAuth& auth, const Make& make,
                   Millis time_max);
  /// Where answers are passed on as they arrive, and for whom.
  struct PassingOn {
    HttpStreams& streams;
    StreamMemory& memory;
    OpenAnswer::IsWanted is_wanted;
  };
  /// The same of an answer that is still arriving: `time_max` is for its head. A 401 that newer fields turn is let go
  /// of unread. What is secret in what was sent goes to `sent`. Errors besides: cancelled (nobody wants it any more).
  Result<std::shared_ptr<OpenAnswer>> open(const Account& account, const IntegrationAuth& auth,
                                           const Make& make, Millis time_max,
                                           const PassingOn& passing_on, Redaction& sent);
  /// The same of a request as it is.
  HttpOutcome send(HttpRequest request, Millis time_max);
  /// The account with fields that are good now. Errors: those of TenantView::credential, overloaded.
  Result<SharedCredential> fresh(const Account& account, Millis time_max,
                                 std::optional<std::uint64_t> refused = {});

 private:
  /// `send` gives a Result of something that has a status.
  template <class Send>
  auto ask(const Account& account, const IntegrationAuth& auth, const Make& make, Millis time_max,
           Redaction& sent, Send send) -> decltype(send(HttpRequest()));

  const Dependencies uses_;
};

}  // namespace millrace
