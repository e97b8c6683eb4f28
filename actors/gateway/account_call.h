#pragma once
// One request that goes to an integration with an account of a user, beside any run. The credential is fresh
// when the request leaves; if the peer answers 401 and the account has newer fields by then, it is sent once
// more with them.
//
// Nobody waits: `done` is called exactly once, from a thread of whoever answered last, and must be quick. The call
// keeps itself alive until then.

#include "actors/tenants/credential_source.h"
#include "actors/tenants/refused_credentials.h"
#include "runtime/integrations/authorize_request.h"
#include "runtime/outbound/http_caller.h"

#include <functional>
#include <memory>
#include <optional>

namespace millrace {

class AccountCall : public std::enable_shared_from_this<AccountCall> {
 public:
  struct Order {
    HttpRequest request;  // without the credential
    UserKey owner;
    CredentialUse use;
    std::shared_ptr<const CredentialSource> accounts;
    Redaction redaction{};  // what else is secret in it
  };
  struct Answer {
    HttpOutcome outcome;
    Redaction redaction;  // with what is secret in the account
    /// The fields that it went with last; nothing: with none.
    std::optional<FieldsUsed> used;
    RefusedCredentials::Fields fields = RefusedCredentials::Fields::same;
  };
  using Done = std::function<void(Answer)>;

  /// `http` outlives the call.
  static void start(HttpCaller& http, Order order, Done done);

 private:
  AccountCall(HttpCaller& http, Order order, Done done)
      : http_(http), order_(std::move(order)), done_(std::move(done)) {}

  void ask(std::optional<std::uint64_t> refused);
  void take(Result<SharedCredential> credential);
  void send(HttpRequest request);
  void answered(HttpOutcome outcome);
  void finish(HttpOutcome outcome);

  // One step after the other, each on the thread that ended the one before.
  HttpCaller& http_;
  Order order_;
  Done done_;
  std::optional<FieldsUsed> used_;
  std::optional<HttpResponse> refusal_;  // its first 401
  bool is_sent_again_ = false;           // with newer fields
};

}  // namespace millrace
