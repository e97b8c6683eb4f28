#pragma once
// One connected account of one user for one integration, how it is set up, and how others name it.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

/// Which account, without anything secret: what plans and effects hold.
struct CredentialName {
  std::string integration;
  std::string id;
  bool operator==(const CredentialName&) const = default;
};

/// One more way in which an account is set up, beside its default one: other workflows, other settings.
struct Configuration {
  std::string id;  // UUID
  std::string
      external_id;  // the application's own name for it, unique within the account; may be empty
  JsonObject configured_workflows;
  JsonObject shared_settings;
  JsonObject meta;  // the application's own notes
  Instant created{};
};

struct Credential {
  std::string id;  // UUID
  /// The application's own name for it, unique among the user's accounts of the integration; may be empty.
  std::string external_id;
  UserId user;
  std::string integration;
  bool is_valid = true;     // VALID or INVALID on the wire
  std::string refusal;      // why it is not valid; empty: it is, or that is not known
  std::string provider_id;  // the account's id at the provider; may be empty
  Json provider_data;       // object
  /// The default configuration, which every account has: {"<workflowId>": {"enabled": bool, "settings": {...}}}
  JsonObject configured_workflows;
  JsonObject shared_settings;
  JsonObject meta;
  std::vector<Configuration> others;  // further configurations, in the order of their making
  Instant connected{};
  /// What whoever began the last sign-in of it called that sign-in, until he has heard of its end; else empty.
  std::string sign_in_key;
  /// The secret parts (`token`, `password`, ...): encrypted at rest, never shown, never logged.
  JsonObject fields;
  /// Of `fields`: grows whenever they are replaced, and with nothing else.
  std::uint64_t revision = 0;
};

using SharedCredential = std::shared_ptr<const Credential>;

}  // namespace millrace
