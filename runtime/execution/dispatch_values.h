#pragma once
// What a step's request or function needs at the moment of its dispatch and what is never journalled:
// the project's secrets, and which accounts of the user a run reaches integrations with. `plan` is given
// them as an argument, so the machine stays pure; replays and the task history plan nothing and see masks.
//
// Secrets are values, because templates may put them anywhere. An account is a name: what is secret in it
// is put in when the request leaves (runtime/integrations/authorize_request.h), so that no plan holds one.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class DispatchValues {
 public:
  virtual ~DispatchValues() = default;
  /// The plain text. Errors: secret_missing, secrets_locked.
  virtual Result<std::string> secret(const std::string& name) const = 0;
  /// Values that the secret had until a moment ago: not to be used any more, but a peer may still come
  /// back with one.
  virtual std::vector<std::string> former_secrets(const std::string&) const { return {}; }
  /// The account with which this run reaches the integration. Errors: credential_missing,
  /// credential_invalid, integration_inactive, secrets_locked.
  virtual Result<CredentialName> account(std::string_view integration) const = 0;
};

/// No secrets, no credentials.
const DispatchValues& no_dispatch_values();

}  // namespace millrace
