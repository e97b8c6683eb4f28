#pragma once
// One connected account of one user for one integration, and how others name it.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"

#include <cstdint>
#include <memory>
#include <string>

namespace millrace {

/// Which account, without anything secret: what plans and effects hold.
struct CredentialName {
  std::string integration;
  std::string id;
  bool operator==(const CredentialName&) const = default;
};

struct Credential {
  std::string id;  // UUID
  UserId user;
  std::string integration;
  bool is_valid = true;     // VALID or INVALID on the wire
  std::string refusal;      // why it is not valid; empty: it is, or that is not known
  std::string provider_id;  // the account's id at the provider; may be empty
  Json provider_data;       // object
  /// {"<workflowId>": {"enabled": bool, "settings": {...}}}
  JsonObject configured_workflows;
  JsonObject shared_settings;
  /// The secret parts (`token`, `password`, ...): encrypted at rest, never shown, never logged.
  JsonObject fields;
  /// Of `fields`: grows whenever they are replaced, and with nothing else.
  std::uint64_t revision = 0;
};

using SharedCredential = std::shared_ptr<const Credential>;

}  // namespace millrace
