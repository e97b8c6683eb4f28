#pragma once
// Port: where a run's requests get what is secret in an account, at the moment when they leave.
//
// It promises that what it gives is durable: fields that a provider has given in the place of others (a
// rotated refresh token, after which the old one is worth nothing) are on the disk before anybody is
// told of them. So a crash at any moment leaves an account that can be used.
//
// `FreshCredentials` answers at once from the user's view, but where a token is due: then it asks the provider
// first, and takes its time.

#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace millrace {

/// Of one user. Thread-safe.
class CredentialSource {
 public:
  using Done = std::function<void(Result<SharedCredential>)>;

  virtual ~CredentialSource() = default;

  /// The account with fields that are good now. `refused` is the revision of fields that a peer has just
  /// answered 401 to: if there are none of a higher revision, and none to be had, the same come again.
  /// Never blocks. `done` is called exactly once, from any thread, also before `fresh` returns; it is
  /// quick and does not block. An answer that comes later must not come when actors are gone. Errors:
  /// integration_inactive, credential_missing, credential_invalid, secrets_locked.
  virtual void fresh(const CredentialName& account, std::optional<std::uint64_t> refused,
                     Done done) const = 0;

  /// The account as it is known here, for redaction alone; null if it is not. Never blocks.
  virtual SharedCredential held(const CredentialName& account) const = 0;
};

}  // namespace millrace
