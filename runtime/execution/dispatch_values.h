#pragma once
// What a step's request or function needs at the moment of its dispatch and what is never journalled:
// the project's secrets and the user's credentials. `plan` is given them as an argument, so the machine
// stays pure; replays and the task history plan nothing and see masks.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"

#include <memory>
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
  /// The credential with which this run reaches the integration. Errors: credential_missing,
  /// credential_invalid, integration_inactive, secrets_locked.
  virtual Result<SharedCredential> credential(std::string_view integration) const = 0;
};

/// No secrets, no credentials.
const DispatchValues& no_dispatch_values();

}  // namespace millrace
