#pragma once
// A webhook of an integration: what a provider calls, and how a delivery is read. Compiled from the
// integration's definition (read_webhooks.h), immutable.
//
//   "webhooks": { "events": { "scope": "app", "events": "body[*]", "route": "event.portalId",
//     "deliveryId": "event.eventId", "ignore": [[…]],
//     "verify": {"type": "hmac", …}, "challenge": "body.challenge" } },
//   "triggers": { "recordCreated": { "webhook": "events", "when": [[…]] },
//     "recordUpdated": { "poll": {…}, "wake": "changed", "when": [[…]] } }

#include "runtime/base/clock.h"
#include "runtime/base/limits.h"
#include "runtime/conditions/condition.h"
#include "runtime/digests/hmac.h"
#include "runtime/secrets/secret_text.h"
#include "runtime/templates/reference.h"
#include "runtime/webhooks/signature_format.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

struct Poll;  // polls/poll.h

/// A place in a delivery: `body.account_id`, `headers.x-delivery`, `query.validationToken`, `event.id`.
struct DeliveryPath {
  enum class Part : std::uint8_t { event, headers, query, body };
  Part part = Part::body;
  std::vector<PathSegment> path;  // below the part; of headers in lower case
};

/// A proof over the bytes of the delivery under a shared secret. The preset `hmac` is one as well: its
/// format is the prefix, and it signs the body.
struct SignatureCheck {
  enum class Encoding : std::uint8_t { hex, base64 };
  struct Timestamp {
    std::string header;  // lower case; empty: it stands in the signature's own header
    bool is_in_milliseconds = false;
    Millis tolerance = limits::delivery_tolerance;
  };

  HashAlgorithm algorithm = HashAlgorithm::sha256;
  Encoding encoding = Encoding::hex;
  std::string header;  // lower case
  SignatureFormat format;
  SignedText signed_text;
  SecretText secret;
  bool is_secret_base64 = false;
  std::optional<Timestamp> timestamp;  // nothing: a delivery may be as old as it likes
};

/// HTTP basic authentication.
struct BasicCheck {
  SecretText username;
  SecretText password;
};

/// A value that only the provider knows; in an envelope's `event`, each element must have it.
struct ValueCheck {
  DeliveryPath in;
  SecretText secret;
};

/// A JSON web token (RFC 7519): signed with HS256 under a secret, or with the provider's own key, of which it
/// publishes the public half. Which of the two is for the definition to say, never for the token.
struct TokenCheck {
  std::string header = "authorization";  // lower case; the value may begin with `Bearer `
  SecretText secret;
  std::string jwks;                     // where the public keys are (RFC 7517); empty: `secret`
  std::vector<std::string> algorithms;  // with `jwks`: "RS256", "ES256"
  std::string issuer;                   // empty: any
  std::string audience;                 // empty: any
};

/// JavaScript of the integration's author, which is given the delivery and answers it.
struct CodeCheck {
  std::string code;
  std::vector<std::pair<std::string, SecretText>> secrets;  // its `secrets`, by their names there
};

using Verification =
    std::variant<std::monostate, SignatureCheck, BasicCheck, ValueCheck, TokenCheck, CodeCheck>;

/// What stands for the secret of a subscription (subscription.h), or that a challenge has brought, among the
/// project's, none of which can be called so.
inline constexpr const char* subscription_secret_name = "subscription.secret";

/// A delivery that has this value is a question whether we are there: it is answered, and starts nothing.
struct Challenge {
  enum class Answer : std::uint8_t { text, json };
  DeliveryPath in;
  Answer answer = Answer::text;
  bool is_kept =
      false;  // the first value is the secret of the webhook's URL, and nothing else is a challenge
};

struct Subscription;  // subscription.h

struct Webhook {
  enum class Scope : std::uint8_t {
    user,  // each account has a URL of its own
    app,   // one URL; `route` finds the accounts, of a resource the users
  };
  std::string name;
  Scope scope = Scope::user;
  /// Scope app: equals the accounts' `providerId`, of a resource the user's id, or nothing: all users.
  std::optional<DeliveryPath> route;
  std::optional<DeliveryPath>
      events;              // an array: each element is an event; nothing: the body is the one
  ConditionGroups ignore;  // an event for which it holds is none; empty: all are
  std::optional<DeliveryPath> delivery_id;
  Verification verify;
  std::optional<Challenge> challenge;
  std::shared_ptr<const Subscription> subscription{};  // null: somebody makes its URL known by hand
};

/// Fetches the record that an event is about: an action of the integration.
struct TriggerLoad {
  std::string action;
  Template parameters;  // sees the delivery, as conditions do
};

/// A trigger that an integration offers to workflows by name.
struct OfferedTrigger {
  std::string name;
  std::string webhook;                 // empty: it is polled
  ConditionGroups when;                // empty: each event
  std::shared_ptr<const Poll> poll{};  // null: it is a webhook's
  std::string wake{};  // of a poll: the webhook that makes it look at once; may be empty
  std::optional<TriggerLoad> load{};
};

/// By their names.
using Webhooks = std::map<std::string, Webhook, std::less<>>;
using OfferedTriggers = std::map<std::string, OfferedTrigger, std::less<>>;

}  // namespace millrace
