#pragma once
// One connected account of one user for one integration.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"

#include <memory>
#include <string>

namespace millrace {

struct Credential {
  std::string id;  // UUID
  UserId user;
  std::string integration;
  bool is_valid = true;     // VALID or INVALID on the wire
  std::string provider_id;  // the account's id at the provider; may be empty
  Json provider_data;       // object
  /// {"<workflowId>": {"enabled": bool, "settings": {...}}}
  JsonObject configured_workflows;
  JsonObject shared_settings;
  /// The secret parts (`token`, `password`, ...): encrypted at rest, never shown, never logged.
  JsonObject fields;
};

using SharedCredential = std::shared_ptr<const Credential>;

}  // namespace millrace
