#pragma once
// Port: asks providers for new access tokens in the place of old ones.

#include "actors/tenants/credential_source.h"
#include "actors/tenants/user_view.h"

#include <cstdint>

namespace millrace {

/// Thread-safe.
class TokenRefresh {
 public:
  enum class Old : std::uint8_t {
    good,    // the token there is may be used, should the provider not be reached
    no_use,  // it has ended, or was refused
  };

  virtual ~TokenRefresh() = default;
  /// The account with new fields, which are durable by then; whoever asks for the same account meanwhile
  /// gets the same answer. `done` as for CredentialSource::fresh. Errors: credential_invalid (the provider
  /// does not refresh it any more, and the account is so from now on), credential_missing,
  /// integration_inactive, those of the request (which may be tried again), and of the store.
  virtual void refresh(const UserKey& owner, const SharedCredential& held, Old old,
                       CredentialSource::Done done) = 0;
  /// When it returns, no `done` is called any more, and all of them have been destroyed. What is on its way
  /// comes to its end all the same: a token that a provider has given is not lost.
  virtual void stop_answers() = 0;
};

}  // namespace millrace
